"""Days are those of the project's zone, also where clocks change: each person is in exactly one, and none is lost."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from experiments import lifecycle, rollups
from experiments.models import Tally
from experiments.persons import persons_of
from experiments.phases import open_phases
from experiments.queries import arrivals
from tests.commands import running
from tests.factories import make_experiment, make_goal, make_project
from tracking.capture import capture
from tracking.models import Project
from tracking.wire.incoming import IncomingEvent

WARSAW = ZoneInfo("Europe/Warsaw")
HALF_HOUR = timedelta(minutes=30)
# The last Sunday of March has 23 hours there, the last one of October 25.
CHANGES = [(date(2026, 3, 29), 23), (date(2026, 10, 25), 25)]


def begin_of(day):
    return datetime(day.year, day.month, day.day, tzinfo=WARSAW)


@pytest.fixture
def phase_over(transactional_db):
    def start(day):
        """Somebody every half an hour, on the real clock, from the day before to the day after; each buys at once."""
        project = make_project("shop", timezone="Europe/Warsaw")
        spent = make_goal(project, "spent", level="macro", event="purchase", measure="sum", property="value")
        experiment = make_experiment(project, "mail", kind="external", goals=[spent])
        since, until = begin_of(day - timedelta(days=1)), begin_of(day + timedelta(days=2))
        lifecycle.start(experiment, at=since)
        people = int((until.timestamp() - since.timestamp()) / HALF_HOUR.total_seconds())
        capture(project.pk, [event for one in on_the_clock(since, people) for event in did(*one)], "import")
        while rollups.roll_up(seconds=30):
            pass
        return open_phases(project.pk)[0], people

    return start


def on_the_clock(since, people):
    """Half an hour on the wall is not always one on the clock."""
    return [(place, since.astimezone(UTC) + HALF_HOUR * place) for place in range(people)]


def did(place, moment):
    met = {"experiment": "mail", "variant": "green"}
    yield IncomingEvent(f"m{place}", "experiment_viewed", f"v{place}", "", moment, met, {}, "")
    yield IncomingEvent(f"p{place}", "purchase", f"v{place}", "", moment, {"value": 1}, {}, "")


@pytest.mark.parametrize(("day", "hours"), CHANGES)
def test_a_day_is_as_long_as_it_is_on_the_wall_and_the_days_are_the_whole(phase_over, day, hours):
    phase, people = phase_over(day)
    days = arrivals(phase.id)

    assert days == {day - timedelta(days=1): 48, day: 2 * hours, day + timedelta(days=1): 48}
    assert sum(days.values()) == people
    sums = Tally.objects.filter(phase=phase.id).exclude(goal=None).values_list("day", "total")
    assert {one: int(total) for one, total in sums} == days


@pytest.mark.parametrize(("day", "hours"), CHANGES)
def test_closer_looks_and_the_count_in_sql_have_the_same_days(phase_over, day, hours, capsys):
    phase, people = phase_over(day)

    persons = persons_of(phase.id, phase.span.plan)

    assert persons.first_day == day - timedelta(days=1)
    assert [int((persons.day == place).sum()) for place in range(3)] == [48, 2 * hours, 48]
    assert running("verify", capsys)() == (0, f"mail #1: {people} persons, 1 goal: agrees\n")


def test_a_phase_keeps_the_zone_it_began_in(phase_over, capsys):
    phase_over(CHANGES[0][0])
    Project.objects.update(timezone="America/New_York")

    assert running("verify", capsys)()[0] == 0
