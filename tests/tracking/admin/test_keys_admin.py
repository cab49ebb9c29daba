"""Keys: a secret is shown once and kept nowhere, a client key comes with the tag to paste."""

import pytest
from django.urls import reverse

from tests.factories import make_colleague, make_key
from tests.rest import queries
from tracking.access import digest_of
from tracking.models import Key

ADD = reverse("admin:tracking_key_add")


def url(key, name="change"):
    return reverse(f"admin:tracking_key_{name}", args=[key.pk])


def shown_token(answer):
    return answer.context["token"]


def test_a_secret_key_is_shown_once_and_kept_as_a_digest(admin, project):
    answer = admin.post(ADD, {"project": project.pk, "kind": "secret", "name": "ETL", "scopes": ["read", "import"]})

    key, token = Key.objects.get(), shown_token(answer)
    assert token.startswith("sk_")
    assert token in answer.content.decode()
    assert "no-store" in answer["Cache-Control"]
    assert (key.token, key.digest, key.scopes) == ("", digest_of(token), ["import", "read"])
    assert token not in admin.get(url(key)).content.decode()


def test_a_secret_key_is_in_no_cookie_and_no_session(admin, project):
    answer = admin.post(ADD, {"project": project.pk, "kind": "secret", "scopes": ["read"]})

    token = shown_token(answer)
    assert not [cookie for cookie in admin.cookies.values() if token in cookie.value]
    assert token not in str(dict(admin.session))


def test_a_secret_key_that_may_nothing_is_refused(admin, project):
    answer = admin.post(ADD, {"project": project.pk, "kind": "secret"})

    assert list(answer.context["adminform"].form.errors) == ["scopes"]
    assert not Key.objects.exists()


def test_a_client_key_comes_with_its_script_tag(admin, project):
    origins = "https://shop.example/\n\nhttps://www.shop.example"

    answer = admin.post(ADD, {"project": project.pk, "kind": "client", "origins": origins}, follow=True)

    key = Key.objects.get()
    assert key.origins == ["https://shop.example", "https://www.shop.example"]
    assert f"/v1/client.js&quot; data-key=&quot;{key.token}&quot;" in answer.content.decode()


@pytest.mark.parametrize("origin", ["shop.example", "ftp://shop.example", "https://shop.example/page", "*"])
def test_what_is_no_web_address_is_refused(admin, project, origin):
    answer = admin.post(ADD, {"project": project.pk, "kind": "client", "origins": origin})

    assert list(answer.context["adminform"].form.errors) == ["origins"]


def test_revoking_asks_first_and_happens_once(admin, project):
    key, _ = make_key(project)

    assert "Revoke the key" in admin.get(url(key, "revoke")).content.decode()
    key.refresh_from_db()
    assert key.revoked_at is None

    admin.post(url(key, "revoke"))
    key.refresh_from_db()
    first = key.revoked_at
    again = admin.post(url(key, "revoke"), follow=True)
    key.refresh_from_db()
    assert first is not None
    assert key.revoked_at == first
    assert "revoked already" in again.content.decode()


def test_only_those_who_may_change_keys_can_revoke(client, project):
    key, _ = make_key(project)
    client.force_login(make_colleague("view_key"))

    assert client.post(url(key, "revoke")).status_code == 403


def test_token_kind_project_and_scopes_cannot_be_edited(admin, project):
    key, token = make_key(project, scopes=["read"])

    admin.post(url(key), {"name": "New name", "kind": "client", "scopes": ["manage"], "token": "sk_mine"})

    key.refresh_from_db()
    assert (key.name, key.kind, key.scopes, key.digest) == ("New name", "secret", ["read"], digest_of(token))


def test_keys_are_never_deleted(admin, project):
    key, _ = make_key(project)

    assert admin.get(url(key, "delete")).status_code == 403


def test_the_pages_of_keys_cost_few_queries(admin, project):
    keys = [make_key(project)[0] for _ in range(5)]

    # session, user, the list and two counts of it, the projects to filter by
    with queries(7):
        assert admin.get(reverse("admin:tracking_key_changelist")).status_code == 200
    with queries(8):
        assert admin.get(url(keys[0])).status_code == 200
