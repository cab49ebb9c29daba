"""What is kept of a person, and what that adds to the tallies."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from random import Random

import pytest

from experiments import ledger, lifecycle
from experiments.ledger import Difference, contributions
from experiments.models import Enrolment, GoalTotal, Tally
from experiments.phases import open_phases
from experiments.rebuild import Enrolled
from tests.factories import make_experiment, make_goal, make_project
from tracking.models import Person

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
DAY = date(2026, 3, 1)
BUYER = Enrolled("green", NOON, values={7: Decimal("1.5"), 8: Decimal(2)})
MIXED = Enrolled("green", NOON, excluded="mixed")


@pytest.fixture
def shop():
    return make_project()


@pytest.fixture
def orders(shop):
    return make_goal(shop, "orders", level="macro", event="purchase", measure="count")


@pytest.fixture
def phase(shop, orders):
    lifecycle.start(make_experiment(shop, goals=[orders]), at=NOON)
    return open_phases(shop.id)[0]


@pytest.fixture
def ann(shop):
    return Person.objects.create(project=shop, key="u:ann").id


def stored(phase, person_id, enrolled):
    """Store and tally, as a rollup does."""
    difference = ledger.store(phase, {person_id: enrolled})
    ledger.apply_to_tallies(difference)
    return difference.items()


def tallies():
    rows = Tally.objects.exclude(persons=0, total=0, squares=0)
    return {(row.variant, row.goal_id, row.excluded): (row.persons, row.total, row.squares) for row in rows}


def test_a_person_adds_one_to_the_enrolled_and_a_value_to_each_goal():
    assert dict(contributions(1, BUYER)) == {
        (1, "green", None, "", DAY): (1, 0, 0),
        (1, "green", 7, "", DAY): (1, Decimal("1.5"), Decimal("2.25")),
        (1, "green", 8, "", DAY): (1, 2, 4),
    }


def test_the_day_of_a_tally_is_the_day_in_utc():
    late = replace(MIXED, exposed_at=datetime(2026, 3, 1, 23, 30, tzinfo=timezone(timedelta(hours=-5))))

    assert [key for key, _ in contributions(1, late)] == [(1, "green", None, "mixed", date(2026, 3, 2))]


def test_a_person_added_and_taken_away_leaves_nothing():
    difference = Difference()

    difference.count(1, BUYER, +1)
    difference.count(1, BUYER, -1)

    assert difference.items() == []


def test_squares_keep_every_digit_in_whatever_order_they_are_added():
    random, values = Random(1), [Decimal("987654321987.654321") / n for n in range(1, 400)]
    people = [Enrolled("green", NOON, values={7: value.quantize(Decimal("0.000001"))}) for value in values]
    difference = Difference()

    for sign in (+1, -1):
        for person in random.sample(people, len(people)):
            difference.count(1, person, sign)

    assert difference.items() == []


@pytest.mark.django_db
def test_the_largest_sums_are_tallied_to_the_last_digit(phase, orders, ann):
    millionths = 9999999999999999_123457
    value = Decimal(millionths).scaleb(-6)

    stored(phase, ann, Enrolled("green", NOON, values={orders.id: value}))

    persons, total, squares = tallies()["green", orders.id, ""]
    assert (persons, total) == (1, value)
    assert str(squares).replace(".", "") == str(millionths**2)


@pytest.mark.django_db
def test_the_same_person_stored_twice_makes_no_second_difference(phase, orders, ann):
    buyer = Enrolled("green", NOON, "", {"visits": 3, "spent": 0.1}, {orders.id: Decimal(2)})

    assert len(stored(phase, ann, buyer)) == 2
    assert stored(phase, ann, buyer) == []
    assert tallies() == {("green", None, ""): (1, 0, 0), ("green", orders.id, ""): (1, 2, 4)}


@pytest.mark.django_db
def test_who_becomes_mixed_is_taken_out_of_every_goal(phase, orders, ann):
    stored(phase, ann, Enrolled("green", NOON, values={orders.id: Decimal(2)}))

    stored(phase, ann, MIXED)

    assert tallies() == {("green", None, "mixed"): (1, 0, 0)}
    assert not GoalTotal.objects.exists()


@pytest.mark.django_db
def test_who_never_met_the_experiment_after_all_is_forgotten(phase, orders, ann):
    stored(phase, ann, Enrolled("green", NOON, values={orders.id: Decimal(2)}))

    stored(phase, ann, None)

    assert tallies() == {}
    assert not Enrolment.objects.exists()
    assert not GoalTotal.objects.exists()


@pytest.mark.django_db
def test_a_new_version_of_the_plan_is_noted_although_no_number_changes(phase, ann):
    stored(phase, ann, MIXED)

    assert stored(replace(phase, plan_version=2), ann, MIXED) == []
    assert Enrolment.objects.get().plan_version == 2


@pytest.mark.django_db
def test_an_unchanged_person_is_not_written_again(phase, ann, django_assert_num_queries):
    counted = Enrolled("green", NOON, "", {"spent": 0.1})
    stored(phase, ann, counted)

    with django_assert_num_queries(2):  # enrolments and their totals are read
        assert ledger.store(phase, {ann: counted}).items() == []


@pytest.mark.django_db
def test_one_more_purchase_writes_one_total(phase, orders, ann, django_assert_num_queries):
    bought = Enrolled("green", NOON, "", {"spent": 0.1}, {orders.id: Decimal(1)})
    stored(phase, ann, bought)

    with django_assert_num_queries(3):  # enrolments and their totals are read, and a total is written
        again = ledger.store(phase, {ann: replace(bought, values={orders.id: Decimal(2)})})

    assert dict(again.items()) == {(phase.id, "green", orders.id, "", DAY): (0, 1, 3)}
    assert GoalTotal.objects.get().value == 2


@pytest.mark.django_db
def test_who_is_taken_out_leaves_the_day_of_the_projects_zone(phase, ann):
    warsaw = replace(phase, span=replace(phase.span, plan=replace(phase.span.plan, timezone="Europe/Warsaw")))
    late = Enrolled("green", datetime(2026, 3, 1, 23, 30, tzinfo=UTC), timezone="Europe/Warsaw")
    stored(warsaw, ann, late)

    stored(warsaw, ann, None)

    assert list(Tally.objects.values_list("day", "persons")) == [(date(2026, 3, 2), 0)]
