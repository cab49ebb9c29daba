"""manage.py replay_assignments: a chain that was touched and a person with a foreign variant are named."""

import json
from datetime import timedelta

import pytest
from django.core.management import CommandError
from django.db import connection
from django.utils import timezone

from experiments import lifecycle, rollups
from experiments.models import ConfigVersion, Enrolment, Phase
from experiments.phases import plan_of
from experiments.rebuild import EXPOSURE
from tests.commands import running
from tests.factories import make_experiment, make_project
from tracking.capture import capture
from tracking.models import Person, Visitor
from tracking.wire.native import IncomingEvent

pytestmark = pytest.mark.django_db(transaction=True)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
THREE = ["original", "green", "blue"]


@pytest.fixture
def replay(capsys):
    return running("replay_assignments", capsys)


@pytest.fixture
def shop():
    return make_project("shop")


def started(shop, key="hero", *, at=None, **fields):
    experiment = make_experiment(shop, key, **{"kind": "json", "variants": THREE, **fields})
    lifecycle.start(experiment, at=at or timezone.now())
    return experiment


def enrol(experiment, visitors, *, at=None, user=""):
    """Each meets what the newest phase assigns; whoever it leaves out meets nothing. How many met it."""
    plan = plan_of(experiment.phases.latest("number").plan)
    events = []
    for visitor in visitors:
        variant = plan.variant_of(user or visitor)
        if variant:
            seen = {"experiment": experiment.key, "variant": variant.key}
            event_id = f"{experiment.key}-{visitor}-{len(experiment.phases.all())}"
            events.append(IncomingEvent(event_id, EXPOSURE, visitor, user, at or timezone.now(), seen, {}, ""))
    capture(experiment.project_id, events, "secret")
    rollups.roll_up(seconds=60)
    return len(events)


def names(prefix, count=50):
    return [f"{prefix}-{number}" for number in range(count)]


def test_what_was_assigned_is_found_again(shop, replay):
    hero = started(shop, coverage=0.5)
    met = enrol(hero, names("Zażółć"))
    account = started(shop, "account", unit="user")
    enrol(account, ["at home", "at work"], user="u1")

    assert replay() == (
        0,
        "shop: 2 versions of the configuration: whole\n"
        "shop/account #1: 1 person: agrees\n"
        f"shop/hero #1: {met} persons: agrees\n",
    )
    assert 10 < met < 40


def test_a_foreign_variant_is_named(shop, replay):
    hero = started(shop)
    enrol(hero, names("v"))
    row = Enrolment.objects.select_related("person").first()
    Enrolment.objects.filter(id=row.id).update(variant=next(key for key in THREE if key != row.variant))

    status, printed = replay()

    assert status == 1
    assert "shop/hero #1: 50 persons: 1 mismatch\n" in printed
    visitor, when = row.person.key[2:], row.exposed_at.isoformat()
    assert f"person v:{visitor}, visitor {visitor}: found " in printed
    assert f"the configuration of {when} gives {row.variant}\n" in printed


def test_whoever_is_outside_the_coverage_should_not_be_there(shop, replay):
    hero = started(shop, coverage=0.01)
    outsider = next(name for name in names("v") if plan_of(Phase.objects.get().plan).variant_of(name) is None)
    person = Person.objects.create(project=shop, key=f"v:{outsider}")
    Visitor.objects.create(project=shop, visitor_id=outsider, person=person)
    Enrolment.objects.create(phase=hero.phases.get(), person=person, variant="green", exposed_at=timezone.now())

    status, printed = replay()

    assert status == 1
    assert f"visitor {outsider}: found green, the configuration of" in printed
    assert printed.endswith("gives no variant\n")


def test_each_phase_is_held_against_its_own_plan(shop, replay):
    hero = started(shop, at=timezone.now() - DAY)
    enrol(hero, names("v", 300), at=timezone.now() - HOUR)
    now = timezone.now()
    lifecycle.new_phase(hero, at=now, now=now)
    enrol(hero, names("v", 300))
    lifecycle.pause(hero, at=timezone.now())
    lifecycle.resume(hero, at=timezone.now())

    status, printed = replay()

    assert (status, printed.count(" 300 persons: agrees")) == (0, 2)
    # Both phases have enrolled the same people, and not all in the same variant.
    assert len(set(Enrolment.objects.values_list("person", "variant"))) > 310


def test_more_coverage_moves_nobody_and_is_dated(shop, replay):
    hero = started(shop, coverage=0.2)
    early = enrol(hero, names("v", 300))
    Enrolment.objects.update(exposed_at=timezone.now() - HOUR)
    ConfigVersion.objects.update(created_at=timezone.now() - 2 * HOUR)
    lifecycle.grow_coverage(hero, 0.9)
    late = enrol(hero, names("v", 300)) - early

    assert replay()[0] == 0

    Enrolment.objects.update(exposed_at=timezone.now() - HOUR)
    status, printed = replay()

    assert status == 1
    assert f"{early + late} persons: {late} mismatches" in printed


def test_a_test_that_ran_before_it_was_told_of_is_held_against_its_first_version(shop, replay):
    hero = started(shop, at=timezone.now() - 10 * DAY)
    enrol(hero, names("v"), at=timezone.now() - 9 * DAY)

    assert replay()[0] == 0


def test_tests_of_other_systems_are_left_out(shop, replay):
    lifecycle.start(make_experiment(shop, "mail", kind="external"), at=timezone.now())

    assert replay() == (0, "shop: 1 version of the configuration: whole\n")


def versions(shop, count=5):
    for number in range(count):
        started(shop, f"test-{number}")


def test_a_changed_version_is_named(shop, replay):
    versions(shop)
    row = ConfigVersion.objects.get(number=3)
    row.body["experiments"][0]["plan"]["coverage"] = 0.5
    row.save()

    assert replay()[0] == 1
    assert "  shop, configuration 3: was changed after it had been published\n" in replay()[1]


def test_a_version_changed_with_its_digest_breaks_the_next_one(shop, replay):
    versions(shop)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE experiments_configversion SET digest = repeat('0', 64) WHERE number = 3")

    broken = [line for line in replay()[1].splitlines() if "configuration " in line and "whole" not in line]

    assert [line.split(", ")[-1] for line in broken] == [
        "configuration 3: was changed after it had been published",
        "configuration 4: does not follow the version before it",
    ]


def test_a_missing_version_is_named(shop, replay):
    versions(shop)
    ConfigVersion.objects.filter(number__in=[1, 3, 4]).delete()

    status, printed = replay()

    assert status == 1
    assert "configuration 2: versions 1 to 1 before it are missing" in printed
    assert "configuration 5: versions 3 to 4 before it are missing" in printed


def test_versions_in_another_order_are_named(shop, replay):
    versions(shop)
    for old, new in [(2, 99), (3, 2), (99, 3)]:
        ConfigVersion.objects.filter(number=old).update(number=new)

    printed = replay()[1]

    assert [f"configuration {number}: does not follow" in printed for number in range(1, 6)] == [
        *(False, True, True),
        *(True, False),
    ]


def test_a_machine_reads_the_same(shop, replay):
    enrol(started(shop), names("v"))
    Enrolment.objects.update(variant="nothing")
    make_project("empty")

    status, printed = replay("--json")

    empty, one = json.loads(printed)["projects"]
    assert (status, empty["agrees"], one["agrees"], one["breaks"]) == (1, True, False, [])
    assert (one["phases"][0]["mismatches"], one["phases"][0]["named"][0]["found"]) == (50, "nothing")
    assert replay("--project", "empty")[0] == 0


def test_an_unknown_project_is_said_and_is_no_mismatch(shop, replay):
    with pytest.raises(CommandError, match="There is no project 'nix'") as refused:
        replay("--project", "nix")

    assert refused.value.returncode == 2


def test_whoever_logs_in_later_keeps_the_variant_of_the_visitor(shop, replay):
    hero = started(shop)
    enrol(hero, ["phone", "laptop"])
    login = [IncomingEvent(f"login-{v}", "login", v, "u1", timezone.now(), {}, {}, "") for v in ("phone", "laptop")]
    capture(shop.id, login, "secret")
    rollups.roll_up(seconds=60)

    assert replay()[0] == 0
    assert set(Enrolment.objects.values_list("person__key", flat=True)) == {"u:u1"}
