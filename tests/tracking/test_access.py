"""Keys at the front door: which origins may use one, how soon it is known, and when it was last used."""

import time
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from tests.factories import make_key, make_project
from tests.rest import queries, rest_of
from tests.wsgi import ask
from tracking import usage
from tracking.access import KEYRING, NotInUse, create_key, known_keys, replace_key
from tracking.models import Key
from tracking.usage import Usage

pytestmark = pytest.mark.django_db
VISITOR = {"visitor_id": "ann"}


@pytest.fixture(autouse=True)
def forgotten():
    KEYRING.forget()
    yield
    KEYRING.forget()


@pytest.fixture
def project():
    return make_project()


def asked(token, **headers):
    return ask("POST", "/v1/assign", VISITOR, key=token, **headers)


LISTED = ["https://good.com", "https://shop.example:8443", "https://Big.Example:443"]


@pytest.mark.parametrize(
    "origin",
    [
        "null",
        "https://good.com.evil.com",
        "https://evilgood.com",
        "https://good.com@evil.com",
        "https://good.com:444",
        "http://good.com",
        "https://sub.good.com",
        "https://good.com/",
        "https://good.com.",
        "https://shop.example",
        "https://gооd.com",
        "https://good.com\x00",
        "*",
        "file://",
    ],
)
def test_an_origin_that_only_looks_alike_is_refused(project, origin):
    token = make_key(project, "client", origins=LISTED)[1]

    reply = asked(token, Origin=origin)

    assert (reply.status, reply.code) == (403, "origin_not_allowed")


@pytest.mark.parametrize("origin", ["https://good.com", "https://shop.example:8443", "https://big.example", ""])
def test_a_listed_origin_may_and_so_may_who_tells_none(project, origin):
    token = make_key(project, "client", origins=LISTED)[1]

    assert asked(token, Origin=origin).status == 200


@pytest.mark.parametrize("origins", [[], ["https://shop.example"]])
def test_a_secret_key_on_a_page_is_refused_and_told_to_be_revoked(project, origins):
    token = make_key(project, "secret", origins=origins)[1]

    reply = asked(token, Origin="https://shop.example")

    assert (reply.status, reply.code) == (403, "secret_key_in_page")
    assert asked(token).status == 200


def test_two_people_who_replace_a_key_at_once_make_one_new_key(project):
    key, _ = make_key(project)
    mine, theirs = Key.objects.get(pk=key.pk), Key.objects.get(pk=key.pk)
    replace_key(mine, works_until=timezone.now())

    with pytest.raises(NotInUse):
        replace_key(theirs, works_until=timezone.now())

    assert Key.objects.count() == 2


def test_only_valid_keys_are_known(project):
    now = timezone.now()
    valid = {make_key(project)[0].pk, make_key(project, expires_at=now + timedelta(hours=1))[0].pk}
    make_key(project, revoked_at=now)
    make_key(project, expires_at=now)

    assert {known.id for known in known_keys().values()} == valid


def test_all_keys_are_read_in_one_query(project):
    make_key(project)
    make_key(make_project())

    with queries(1):
        assert len(known_keys()) == 2


def test_the_first_use_of_a_key_is_written_down_with_the_next_reading(project):
    key, token = make_key(project, "client")
    assert asked(token).status == 200
    key.refresh_from_db()
    assert key.last_used_at is None

    KEYRING.reload()

    key.refresh_from_db()
    assert abs(key.last_used_at - timezone.now()) < timedelta(seconds=10)


def test_a_request_writes_nothing_itself(project):
    token = make_key(project, "client")[1]
    asked(token)

    with queries(0):
        asked(token)


def test_a_refused_key_was_not_used(project):
    key, token = make_key(project, "client", origins=["https://good.com"])
    asked(token, Origin="https://evil.com")

    KEYRING.reload()

    key.refresh_from_db()
    assert key.last_used_at is None


def test_the_rest_api_notes_the_use_of_a_key_too(project):
    rest_of(project).ok("GET", "project/")

    KEYRING.reload()

    assert Key.objects.get().last_used_at is not None


def test_all_keys_of_a_minute_are_written_in_one_statement_and_once(project):
    keys, used = [make_key(project)[0] for _ in range(5)], Usage()
    for _ in range(3):
        for key in keys:
            used.note(key.pk)

    with queries(1):
        assert used.write() == 5
    for key in keys:
        used.note(key.pk)
    with queries(0):
        assert used.write() == 0


def test_a_key_in_use_is_written_down_again_after_a_minute(project, monkeypatch):
    key, used = make_key(project)[0], Usage()
    used.note(key.pk)
    used.write()
    Key.objects.update(last_used_at=timezone.now() - timedelta(minutes=2))
    monkeypatch.setattr(usage, "AT_MOST_EVERY", 0.01)
    time.sleep(0.02)

    used.note(key.pk)
    assert used.write() == 1

    key.refresh_from_db()
    assert timezone.now() - key.last_used_at < timedelta(seconds=10)


def test_what_another_process_wrote_just_now_is_left_alone(project):
    key, used = make_key(project, last_used_at=timezone.now() - timedelta(seconds=5))[0], Usage()
    used.note(key.pk)

    used.write()

    assert Key.objects.get().last_used_at == key.last_used_at


@pytest.mark.django_db(transaction=True)
def test_when_it_cannot_be_written_the_keys_are_read_all_the_same_and_it_is_written_later(project, caplog):
    key, token = make_key(project, "client")
    asked(token)
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE tracking_key ADD CONSTRAINT never_used CHECK (last_used_at IS NULL)")
        KEYRING.reload()
        assert asked(token).status == 200
        assert "not written down yet when keys were used" in caplog.text
        cursor.execute("ALTER TABLE tracking_key DROP CONSTRAINT never_used")

    KEYRING.reload()

    key.refresh_from_db()
    assert key.last_used_at is not None


def test_a_new_key_is_at_once_what_it_was_made_to_be(project):
    key, token = create_key(project, "client", name="Pages")

    assert (key.token, key.expires_at, key.last_used_at, key.requests_a_minute) == (token, None, None, None)
