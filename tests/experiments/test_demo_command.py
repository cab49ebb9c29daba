"""manage.py demo_data: never in production, and keys that are kept where only their owner can read them."""

import stat
from datetime import UTC, datetime

import pytest
from django.core.management import CommandError, call_command

from experiments.demo import keys
from tracking.models import Key, Project

NOW = datetime(2026, 5, 20, 15, 30, tzinfo=UTC)

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(("production", "demo"), [(True, False), (True, True), (False, False)])
def test_it_is_refused_in_production_and_where_it_is_switched_off(settings, production, demo):
    settings.PRODUCTION, settings.DEMO = production, demo

    with pytest.raises(CommandError, match="only for local installations"):
        call_command("demo_data", "--json")

    assert not Project.objects.exists()


def test_only_the_owner_can_read_the_keys(tmp_path):
    keys.opened(tmp_path, NOW)

    assert stat.S_IMODE((tmp_path / keys.FILE).stat().st_mode) == 0o600


def test_the_same_demo_is_opened_again(tmp_path):
    first = keys.opened(tmp_path, NOW)
    keys.finished(tmp_path, first)

    again = keys.opened(tmp_path, datetime.now(UTC))

    assert again.played
    assert (again.told_at, again.client_key, again.secret_key) == (NOW, first.client_key, first.secret_key)
    assert Key.objects.count() == 2


def test_keys_that_no_longer_work_are_replaced(tmp_path):
    first = keys.opened(tmp_path, NOW)
    keys.finished(tmp_path, first)
    Key.objects.update(revoked_at=NOW)

    fresh = keys.opened(tmp_path, NOW)

    assert fresh.secret_key != first.secret_key
    assert not fresh.played
    assert Project.objects.count() == 1


def test_a_broken_file_is_replaced(tmp_path):
    (tmp_path / keys.FILE).write_text("{")

    assert keys.opened(tmp_path, NOW).secret_key.startswith("sk_")
