"""A key is replaced: the new one may the same, the old one works on as long as was chosen."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from tests.factories import make_colleague, make_key
from tests.rest import Rest
from tests.wsgi import ask
from tracking.access import KEYRING, digest_of
from tracking.models import Key

HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def forgotten():
    KEYRING.forget()
    yield
    KEYRING.forget()


def url(key, name="replace"):
    return reverse(f"admin:tracking_key_{name}", args=[key.pk])


def replaced(admin, key, overlap="day"):
    answer = admin.post(url(key), {"overlap": overlap})
    key.refresh_from_db()
    return answer


def state_of(admin, key):
    return admin.get(url(key, "change")).content.decode()


def test_it_asks_how_long_the_old_one_is_needed_and_proposes_a_day(admin, project):
    form = admin.get(url(make_key(project)[0])).context["form"]

    assert [radio.data["value"] for radio in form["overlap"] if radio.data["selected"]] == ["day"]
    assert Key.objects.count() == 1


@pytest.mark.parametrize(("overlap", "hours"), [("now", 0), ("hour", 1), ("day", 24), ("week", 168)])
def test_the_old_key_works_as_long_as_was_chosen(admin, project, overlap, hours):
    key, _ = make_key(project)

    replaced(admin, key, overlap)

    assert abs(key.expires_at - timezone.now() - hours * HOUR) < timedelta(seconds=30)


def test_the_new_secret_is_shown_once_and_kept_as_a_digest(admin, project):
    key, old_token = make_key(project, scopes=["import", "read"], name="ETL", requests_a_minute=90)

    answer = replaced(admin, key)

    token, new = answer.context["token"], Key.objects.exclude(pk=key.pk).get()
    assert "no-store" in answer["Cache-Control"]
    assert (new.digest, new.token, new.prefix) == (digest_of(token), "", token[:10])
    assert (new.scopes, new.name, new.requests_a_minute, new.kind) == (["import", "read"], "ETL", 90, "secret")
    assert token != old_token
    assert token not in str(dict(admin.session)) + state_of(admin, new)


def test_a_new_client_key_keeps_its_addresses_and_leads_to_its_script_tag(admin, project):
    key, _ = make_key(project, "client", origins=["https://shop.example"])

    answer = replaced(admin, key)

    new = Key.objects.exclude(pk=key.pk).get()
    assert answer["Location"] == url(new, "change")
    assert (new.origins, new.expires_at) == (["https://shop.example"], None)
    assert "Replaced, works until" in state_of(admin, key)
    assert "client.js" not in state_of(admin, key)
    assert new.token in admin.get(reverse("admin:tracking_project_change", args=[project.pk])).content.decode()


def test_both_work_until_then_and_the_old_one_not_a_moment_longer(admin, project):
    key, old = make_key(project, scopes=["read"])
    new = replaced(admin, key).context["token"]
    assert [Rest(token).ask("GET", "project/").status_code for token in (old, new)] == [200, 200]

    Key.objects.filter(pk=key.pk).update(expires_at=timezone.now())

    assert [Rest(token).ask("GET", "project/").status_code for token in (old, new)] == [401, 200]


def test_the_front_refuses_an_expired_key_even_before_it_reads_the_keys_anew(admin, project):
    key, token = make_key(project, "client")
    Key.objects.filter(pk=key.pk).update(expires_at=timezone.now() + timedelta(seconds=0.5))
    assert ask("POST", "/v1/assign", {"visitor_id": "ann"}, key=token).status == 200

    known = KEYRING.get()[digest_of(token)]
    while timezone.now().timestamp() < known.expires_at:
        pass

    refused = ask("POST", "/v1/assign", {"visitor_id": "ann"}, key=token)
    assert (refused.status, refused.code) == (401, "unknown_key")
    KEYRING.reload()
    assert digest_of(token) not in KEYRING.get()


def test_a_key_is_replaced_once(admin, project):
    key, _ = make_key(project)
    replaced(admin, key, "week")
    until = key.expires_at

    again = admin.post(url(key), {"overlap": "now"}, follow=True)

    key.refresh_from_db()
    assert "replaced already" in again.content.decode()
    assert (Key.objects.count(), key.expires_at) == (2, until)


def test_a_revoked_key_is_not_replaced(admin, project):
    key, _ = make_key(project, revoked_at=timezone.now())

    replaced(admin, key)

    assert Key.objects.count() == 1
    assert "Replace</" not in state_of(admin, key)


def test_a_replaced_key_can_still_be_revoked(admin, project):
    key, token = make_key(project)
    replaced(admin, key)

    assert url(key, "revoke") in state_of(admin, key)
    admin.post(url(key, "revoke"))

    assert Rest(token).ask("GET", "project/").status_code == 401
    assert "Revoked" in state_of(admin, key)


def test_only_those_who_may_change_and_add_keys_replace_them(client, project):
    key, _ = make_key(project)
    client.force_login(make_colleague("view_key", "change_key"))

    assert client.post(url(key), {"overlap": "now"}).status_code == 403
    assert Key.objects.count() == 1


def test_an_unknown_length_is_asked_for_again(admin, project):
    key, _ = make_key(project)

    answer = replaced(admin, key, "for ever")

    assert (answer.status_code, Key.objects.count(), key.expires_at) == (200, 1, None)


def test_the_list_says_when_each_key_was_last_used(admin, project):
    make_key(project, last_used_at=timezone.now() - timedelta(minutes=3, seconds=5))
    make_key(project)

    page = admin.get(reverse("admin:tracking_key_changelist")).content.decode()

    assert "3\xa0minutes ago" in page
    assert "never" in page


def test_the_limit_of_a_key_is_set_in_the_admin(admin, project):
    key, _ = make_key(project, "client")

    admin.post(url(key, "change"), {"name": "Pages", "origins": "", "requests_a_minute": "120"})

    key.refresh_from_db()
    assert key.requests_a_minute == 120


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("https://Shop.Example/", "https://shop.example"),
        ("https://shop.example:443", "https://shop.example"),
        ("http://shop.example:80", "http://shop.example"),
        ("https://shop.example:8443", "https://shop.example:8443"),
        ("http://shop.example:443", "http://shop.example:443"),
    ],
)
def test_origins_are_kept_as_browsers_tell_them(admin, project, written, kept):
    key, _ = make_key(project, "client")

    admin.post(url(key, "change"), {"name": "Pages", "origins": written})

    key.refresh_from_db()
    assert key.origins == [kept]
