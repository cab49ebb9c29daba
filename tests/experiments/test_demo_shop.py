"""The page of the demo shop: only where the demo is, and friendly before the demo is loaded."""

from django.utils import timezone

from experiments.lifecycle import start
from tests.factories import make_experiment, make_key, make_project

SHOP = "/demo/shop/"


def test_without_the_demo_there_is_no_shop(client, settings, db):
    settings.DEMO = False

    assert client.get(SHOP).status_code == 404


def test_before_the_demo_is_loaded_the_page_says_what_to_do(client, settings, db):
    settings.DEMO = True

    page = client.get(SHOP).content.decode()

    assert "manage.py demo_data" in page
    assert "client.js" not in page


def test_the_page_loads_the_client_with_the_demo_projects_newest_valid_key(client, settings, db):
    settings.DEMO = True
    project = make_project("demo-shop")
    experiment = make_experiment(project, "hero-cta")
    start(experiment, at=timezone.now())
    token = make_key(project, "client")[1]
    make_key(project, "client", revoked_at=timezone.now())
    make_key(make_project(), "client")

    page = client.get(SHOP).content.decode()

    assert f'<script async src="/v1/client.js" data-key="{token}"></script>' in page
    assert f"/admin/experiments/experiment/{experiment.id}/result/" in page


def test_the_page_allows_no_foreign_and_no_inline_script(client, settings, db, django_assert_num_queries):
    settings.DEMO = True
    make_key(make_project("demo-shop"), "client")

    with django_assert_num_queries(2):
        answer = client.get(SHOP)

    assert "script-src 'self';" in answer["Content-Security-Policy"]
    assert "unsafe" not in answer["Content-Security-Policy"]
    assert b" style=" not in answer.content
    assert b" onclick=" not in answer.content
