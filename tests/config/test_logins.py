"""Who guesses passwords is locked out, whichever name is tried, and learns nothing from it."""

from datetime import timedelta

import pytest
from axes.models import AccessAttempt, AccessFailureLog, AccessLog
from django.contrib.auth.models import User
from django.core import serializers
from django.urls import reverse
from django.utils import timezone

LOGIN = reverse("admin:login")
PASSWORD = "correct horse battery"
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def mara(db):
    return User.objects.create_superuser("mara", password=PASSWORD)


def attempt(client, name="mara", password="wrong", *, address="203.0.113.7", **headers):
    form = {"username": name, "password": password}
    return client.post(LOGIN, form, REMOTE_ADDR=address, headers=headers)


def fail(client, times, name="mara", **kwargs):
    return [attempt(client, name, **kwargs).status_code for _ in range(times)]


def test_the_tenth_wrong_password_locks(client):
    assert fail(client, 11) == [200] * 9 + [429] * 2


def test_the_right_password_does_not_help_then_nor_does_another_browser(client):
    fail(client, 10)

    answer = attempt(client, password=PASSWORD, User_Agent="another browser")

    assert (answer.status_code, answer["Retry-After"], answer["Cache-Control"]) == (429, "900", "no-store")
    assert "15 minutes" in answer.content.decode()


def test_after_a_quarter_of_an_hour_it_does(client):
    fail(client, 10)
    AccessAttempt.objects.update(attempt_time=timezone.now() - timedelta(minutes=15, seconds=1))

    assert attempt(client, password=PASSWORD).status_code == 302
    assert not AccessAttempt.objects.exists()


def test_who_goes_on_trying_does_not_wait_longer(client):
    fail(client, 10)
    (locked_at,) = AccessAttempt.objects.values_list("attempt_time", flat=True)

    fail(client, 3)

    assert AccessAttempt.objects.get().attempt_time == locked_at


def test_the_user_can_still_log_in_from_elsewhere(client):
    fail(client, 10)

    assert attempt(client, password=PASSWORD, address="198.51.100.4").status_code == 302


def test_fifty_wrong_passwords_from_one_address_lock_it_for_every_name(client):
    answers = [attempt(client, f"name-{number % 10}").status_code for number in range(50)]

    assert answers == [200] * 49 + [429]
    assert attempt(client, "mara", PASSWORD).status_code == 429
    assert attempt(client, "mara", PASSWORD, address="198.51.100.4").status_code == 302


def test_claimed_addresses_do_not_help(client):
    found = [attempt(client, X_Forwarded_For=f"198.51.100.{number}").status_code for number in range(11)]

    assert found[-1] == 429


def test_behind_a_gateway_of_ours_it_is_the_visitor_who_is_locked_out(client, settings):
    settings.TRUSTED_PROXIES = 1
    fail(client, 10, X_Forwarded_For="198.51.100.4")

    assert attempt(client, password=PASSWORD, X_Forwarded_For="198.51.100.4").status_code == 429
    assert attempt(client, password=PASSWORD, X_Forwarded_For="198.51.100.5").status_code == 302


def test_a_name_that_nobody_has_gets_the_same_answers(client):
    def answers(name, address):
        found = [attempt(client, name, address=address) for _ in range(11)]
        return [(one.status_code, len(one.content)) for one in found]

    assert answers("mara", "203.0.113.1") == answers("nora", "203.0.113.2")


def test_neither_names_nor_addresses_nor_passwords_are_kept_or_logged(client, caplog):
    fail(client, 11, "mara", password="s3cret-canary")
    fail(client, 1, "typed-my-password-here")

    rows = [*AccessAttempt.objects.all(), *AccessLog.objects.all(), *AccessFailureLog.objects.all()]
    kept = serializers.serialize("json", rows) + caplog.text
    assert len(rows) == 2
    for canary in ("mara", "203.0.113.7", "s3cret-canary", "typed-my-password-here"):
        assert canary not in kept


def test_a_login_that_goes_well_keeps_nothing(client):
    attempt(client, password=PASSWORD)

    assert not AccessLog.objects.exists()
    assert not AccessAttempt.objects.exists()
