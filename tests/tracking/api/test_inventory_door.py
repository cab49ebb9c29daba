"""POST /v1/inventory: kept where it is of use, refused in JSON where it is not, and never a fault of ours."""

import gzip
from datetime import timedelta

import pytest
from django.utils import timezone

from tests.factories import make_key, make_project
from tests.wsgi import ask
from tracking.access import KEYRING
from tracking.inventory import FORGOTTEN_AFTER, MOST_PAGES, pages_of, remember
from tracking.models import PageInventory

BUTTON = {"kind": "button", "selector": "#buy", "text": "Buy"}
CHROME = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/149.0.0.0 Safari/537.36"


@pytest.fixture
def shop(db):
    project = make_project()
    _key, token = make_key(project, "client")
    KEYRING.forget()
    yield project, token
    KEYRING.forget()


def tell(token, body, **headers):
    return ask("POST", f"/v1/inventory?key={token}", body, **{"User_Agent": CHROME, **headers})


def test_what_a_page_holds_is_stored(shop):
    project, token = shop

    answer = tell(token, {"path": "/kettle/7?mail=ann", "items": [BUTTON]})

    assert (answer.status, answer.json) == (200, {"status": "stored"})
    row = PageInventory.objects.get()
    assert (row.project, row.path, row.items, row.reports) == (project, "/kettle/*", [BUTTON], 1)


def test_reports_of_a_page_are_counted(shop):
    project, token = shop

    for _ in range(3):
        tell(token, {"path": "/", "items": [BUTTON]})

    assert [(page.path, page.reports, len(page.items)) for page in pages_of(project.pk)] == [("/", 3, 1)]


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"", 400, "unreadable"),
        (b"[]", 400, "unreadable"),
        (b'{"path": "/"}', 400, "unreadable"),
        (b'{"path": 1, "items": []}', 400, "unreadable"),
        (b'{"path": "/", "items": ["x"]}', 400, "unreadable"),
        (b"\xff\xfe", 400, "unreadable"),
        (b'{"path": "\\ud800", "items": []}', 400, "unreadable"),
        ({"path": "pricing", "items": []}, 400, "illegal_path"),
        ({"path": "/a\0b", "items": []}, 400, "illegal_path"),
        ({"path": "/", "items": [{}] * 101}, 413, "too_many_items"),
        ({"path": "/", "items": [{"text": "x" * 41_000}]}, 413, "body_too_large"),
    ],
)
def test_what_cannot_be_read_is_refused_in_json(shop, body, status, code):
    answer = tell(shop[1], body)

    assert (answer.status, answer.code) == (status, code)


@pytest.mark.parametrize("raw", [b"x" * 41_000, gzip.compress(b" " * 41_000)])
def test_forty_kilobytes_are_enough(shop, raw):
    packed = {"Content_Encoding": "gzip"} if raw[:2] == b"\x1f\x8b" else {}

    assert tell(shop[1], raw, **packed).status == 413


@pytest.mark.parametrize("token", ["", "pk_nobody"])
def test_without_a_key_nothing_is_stored(shop, token):
    assert tell(token, {"path": "/", "items": [BUTTON]}).status == 401


def test_only_post_is_asked_here(shop):
    assert ask("GET", "/v1/inventory").status == 405


@pytest.mark.parametrize("text", ["\0", "a\0b"])
def test_what_no_database_takes_is_ignored(shop, text):
    answer = tell(shop[1], {"path": "/", "items": [{**BUTTON, "text": text}]})

    assert (answer.status, answer.json) == (200, {"status": "ignored"})


def test_a_bot_tells_nothing(shop):
    assert tell(shop[1], {"path": "/", "items": []}, User_Agent="Googlebot/2.1").json == {"status": "ignored"}


def test_a_project_has_two_hundred_pages_at_most(shop):
    project, now = shop[0], timezone.now()
    rows = [PageInventory(project=project, path=f"/{number}", seen_at=now) for number in range(MOST_PAGES)]
    PageInventory.objects.bulk_create(rows)

    assert not remember(project.pk, "/new", [BUTTON], now)
    assert remember(project.pk, "/new", [BUTTON], now + FORGOTTEN_AFTER + timedelta(seconds=1))
    assert [page.path for page in pages_of(project.pk)] == ["/new"]


def test_each_project_knows_its_own_pages(shop):
    other = make_project()
    tell(shop[1], {"path": "/", "items": [BUTTON]})

    assert pages_of(other.pk) == []
