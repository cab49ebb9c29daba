"""Preview links: what a signed token shows, for how long, and at what cost to the database."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Event

import pytest
from django.core import signing
from django.db import OperationalError, connection
from django.utils import timezone

from experiments.lifecycle import archive, start, stop
from experiments.previews import ARGUMENT, DRAFTS, SALT, Drafts, draft_in, link_of, link_token, preview_url
from experiments.snapshot import SNAPSHOT
from tests.factories import make_experiment, make_key, make_project
from tests.wsgi import ask
from tracking.access import KEYRING
from tracking.models import Event as Tracked

PAGE = "https://shop.example/"


@pytest.fixture
def project(db):
    def forget():
        KEYRING.forget()
        SNAPSHOT.forget()
        DRAFTS.forget()

    forget()
    SNAPSHOT.get()
    yield make_project()
    forget()


def started(project, key="hero", **fields):
    experiment = make_experiment(project, key, **fields)
    start(experiment, at=timezone.now())
    SNAPSHOT.forget()
    return experiment


def previewed(project, variant, experiment="hero"):
    """The key of the variant that a link shows, or None."""
    found = draft_in({ARGUMENT: link_token(project.id, experiment, variant)}, project.id)
    return found and found[0].plan.variants[found[1]].key


def asked(project, url, **question):
    token = make_key(project, "client")[1]
    KEYRING.forget()
    told = {"visitor_id": "ann", "attributes": {"url": url}, **question}
    return ask("POST", "/v1/assign", told, key=token).json["assignments"]


def test_a_link_keeps_the_pages_own_arguments_and_replaces_an_older_token():
    token = link_token(1, "hero", "green")

    first = preview_url("https://shop.example/a?q=caf%C3%A9+au&empty=#top", "old:token")
    second = preview_url(first, token)

    assert second == f"https://shop.example/a?{ARGUMENT}={token.replace(':', '%3A')}&q=caf%C3%A9+au&empty=#top"


def test_a_token_names_project_experiment_and_variant():
    link = link_of(link_token(7, "hero", "green"))

    assert link is not None
    assert (link.project_id, link.experiment, link.variant) == (7, "hero", "green")


@pytest.mark.parametrize("token", ["", "x", "a:b:c", "\x00:\ud800:ż", ":" * 400, "x" * 100_000])
def test_what_nobody_signed_is_no_link(token):
    assert link_of(token) is None


def test_a_changed_expired_or_otherwise_signed_token_is_no_link():
    token = link_token(7, "hero", "green")
    body, stamp, signature = token.split(":")

    assert link_of(f"{body[:-1]}:{stamp}:{signature}") is None
    assert link_of(token, valid=timedelta(0)) is None
    assert link_of(signing.dumps([7, "hero", "green"], salt="other")) is None
    assert link_of(signing.dumps([7, "hero", "green"], salt=SALT)) is not None


def test_a_draft_is_shown_to_whoever_has_its_link(project):
    make_experiment(project, "hero")

    assert asked(project, PAGE) == {}
    shown = asked(project, preview_url(PAGE, link_token(project.id, "hero", "green")))["hero"]

    assert (shown["variant"], shown["reason"], shown["in_experiment"]) == ("green", "preview", False)
    assert shown["payload"]["text"] == "Buy now"
    assert not Tracked.objects.exists()


@pytest.mark.parametrize("variant", ["original", "green"])
def test_a_running_test_shows_each_variant_by_link(project, variant):
    started(project)

    assert asked(project, preview_url(PAGE, link_token(project.id, "hero", variant)))["hero"]["variant"] == variant


def test_a_running_test_is_previewed_from_memory(project, django_assert_num_queries):
    started(project)
    previewed(project, "green")

    with django_assert_num_queries(0):
        assert previewed(project, "green") == "green"


def test_a_draft_costs_two_queries_and_for_five_seconds_no_more(project, django_assert_num_queries):
    experiment = make_experiment(project, "hero")
    now = [100.0]
    drafts = Drafts(clock=lambda: now[0])

    with django_assert_num_queries(2):
        first = drafts.get(project.id, "hero")
    experiment.variants.filter(key="green").update(key="blue")
    now[0] += 4.9
    assert drafts.get(project.id, "hero") is first
    now[0] += 0.2

    assert [variant.key for variant in drafts.get(project.id, "hero").plan.variants] == ["original", "blue"]


def test_that_there_is_no_draft_is_remembered_too(project, django_assert_num_queries):
    with django_assert_num_queries(1):
        assert [previewed(project, "green", "nowhere") for _ in range(3)] == [None] * 3


class Slow:
    """Wrapped around the database, it holds back the first who asks until told to go on."""

    def __init__(self):
        self.reached, self.go, self.questions = Event(), Event(), 0

    def __call__(self, execute, *arguments):
        self.questions += 1
        if self.questions == 1:
            self.reached.set()
            assert self.go.wait(20)
        return execute(*arguments)


@pytest.mark.parametrize("known", [True, False], ids=["expired", "never seen"])
def test_while_one_asks_the_others_get_at_once_what_was_known(project, known):
    make_experiment(project, "hero")
    now, slow = [100.0], Slow()
    drafts = Drafts(clock=lambda: now[0])
    before = drafts.get(project.id, "hero") if known else None
    now[0] += 60.0

    with ThreadPoolExecutor(max_workers=1) as other:
        crowd = other.submit(lambda: slow.reached.wait(20) and [drafts.get(project.id, "hero") for _ in range(3)])
        crowd.add_done_callback(lambda _: slow.go.set())
        with connection.execute_wrapper(slow):
            found = drafts.get(project.id, "hero")

    assert crowd.result() == [before] * 3
    assert (slow.questions, (before is None) is not known, found is before) == (2, True, False)
    assert drafts.get(project.id, "hero") is found


def test_a_database_that_failed_is_left_alone_for_half_a_minute(project, django_assert_num_queries):
    for key in ("hero", "menu", "late"):
        make_experiment(project, key)
    now = [100.0]
    drafts = Drafts(clock=lambda: now[0])
    menu = drafts.get(project.id, "menu")
    with connection.execute_wrapper(_gone):
        assert drafts.get(project.id, "hero") is None

    with django_assert_num_queries(0):
        assert drafts.get(project.id, "menu") is menu
        now[0] += 29.9
        assert [drafts.get(project.id, key) for key in ("hero", "menu", "late")] == [None] * 3
    now[0] += 0.2
    assert all(drafts.get(project.id, key) for key in ("hero", "menu", "late"))


def test_only_so_many_drafts_are_remembered(project):
    drafts = Drafts()

    for number in range(450):
        drafts.get(project.id, f"none-{number}")

    assert len(drafts._known) <= 200


def test_a_stopped_test_can_still_be_looked_at_and_an_archived_one_cannot(project):
    experiment = started(project)
    experiment.refresh_from_db()
    stop(experiment, at=timezone.now(), now=timezone.now())
    SNAPSHOT.forget()
    assert previewed(project, "green") == "green"

    experiment.refresh_from_db()
    archive(experiment)
    DRAFTS.forget()

    assert previewed(project, "green") is None


def test_a_link_shows_nothing_of_another_project(project):
    make_experiment(project, "hero")
    token = link_token(project.id, "hero", "green")

    assert draft_in({ARGUMENT: token}, make_project().id) is None


def test_a_variant_that_is_gone_and_what_another_system_splits_are_not_shown(project):
    make_experiment(project, "hero")
    make_experiment(project, "mail", kind="external")

    assert previewed(project, "gone") is None
    assert previewed(project, "green", "mail") is None


def test_a_draft_without_an_original_is_shown_all_the_same(project):
    make_experiment(project, "hero").variants.update(is_control=False)

    assert previewed(project, "green") == "green"


@pytest.mark.parametrize(
    "pages", [[{"include": True}], "nonsense", [{"include": True, "kind": "simple", "pattern": "http://["}]]
)
def test_pages_that_cannot_be_read_show_nothing(project, pages):
    make_experiment(project, "hero", pages=pages)

    assert previewed(project, "green") is None


@pytest.mark.parametrize(
    ("target", "shown"),
    [("/new", "new"), ("https://ok.example/new", "new"), ("https://evil.example/", None), ("javascript:x", None)],
)
def test_a_draft_leads_to_listed_hosts_only(project, target, shown):
    project.redirect_hosts = ["ok.example"]
    project.save()
    make_experiment(project, "hero", kind="redirect", variants=["original", {"key": "new", "payload": {"url": target}}])

    assert previewed(project, "new") == shown


def test_on_other_pages_than_its_own_a_draft_stays_away(project):
    make_experiment(project, "hero", pages=[{"include": True, "kind": "simple", "pattern": "/pricing"}])
    token = link_token(project.id, "hero", "green")

    answers = [asked(project, preview_url(PAGE + path, token))["hero"]["reason"] for path in ("pricing", "about")]

    assert answers == ["preview", "outside_page"]


def test_without_a_database_there_is_no_preview_and_no_error(project):
    make_experiment(project, "hero")

    with connection.execute_wrapper(_gone):
        assert previewed(project, "green") is None


def _gone(*_arguments):
    raise OperationalError("the server closed the connection")
