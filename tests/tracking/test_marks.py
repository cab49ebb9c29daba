"""Who is counted is decided once for all events of a visitor, dated, and taken back without a trace in results."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from experiments import rollups
from experiments.models import Enrolment
from tests.factories import make_project
from tests.tracking.people import counted, did, met, running_mail
from tracking import marks
from tracking.capture import capture
from tracking.marks import Decision
from tracking.models import Event, LookedAt, Mark, VisitorMark
from tracking.quality import pace_of
from tracking.wire.incoming import IncomingEvent

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def every(step, number):
    return [NOON + place * step for place in range(number)]


def test_three_hundred_events_in_a_minute_are_a_persons_and_one_more_is_a_programs():
    assert pace_of(every(SECOND / 6, 300)) == ""
    assert pace_of(every(SECOND / 6, 301)) == "over_300_a_minute"
    assert pace_of(every(SECOND / 6, 301)[::-1]) == "over_300_a_minute"


def test_one_a_second_for_nine_minutes_is_a_persons_and_for_ten_a_programs():
    assert pace_of(every(SECOND * 60 / 61, 61 * 9)) == ""
    assert pace_of(every(SECOND, 60 * 60)) == ""
    assert pace_of(every(SECOND * 60 / 61, 61 * 10)) == "over_60_a_minute"


def test_busy_minutes_with_a_quiet_one_between_them_are_a_persons():
    first = every(SECOND * 60 / 61, 61 * 9)

    assert pace_of([*first, *(moment + 10 * 60 * SECOND for moment in first)]) == ""


@pytest.fixture
def shop(db):
    project = make_project()
    running_mail(project)
    return project


def decide(project, visitor, mark, at=NOON):
    marks.make(project.pk, visitor, Decision(mark, "seen on the log", "eve"), at=at)
    counted()


def standing(visitor="ann"):
    counted()
    return Enrolment.objects.get(person__key=f"v:{visitor}").excluded


@pytest.mark.parametrize("mark", [Mark.BOT, Mark.INTERNAL, Mark.TEST])
def test_a_marked_visitor_is_not_counted_and_is_again_once_the_mark_is_lifted(shop, mark):
    met(shop, "ann")
    assert standing() == ""

    decide(shop, "ann", mark)
    assert standing() == mark

    assert marks.lift(VisitorMark.objects.values_list("pk", flat=True), at=NOON + SECOND) == 1
    assert standing() == ""
    assert (VisitorMark.objects.get().created_at, VisitorMark.objects.get().lifted_at) == (NOON, NOON + SECOND)


@pytest.mark.parametrize(("told", "after"), [("bot", ""), ("internal", ""), ("test", "test"), ("preview", "preview")])
def test_who_is_said_to_be_real_counts_but_a_preview_never_does(shop, told, after):
    properties = {"experiment": "mail", "variant": "green"}
    event = IncomingEvent("m", "experiment_viewed", "ann", "", NOON + SECOND, properties, {}, told)
    capture(shop.pk, [event], "import")
    assert standing() == told

    decide(shop, "ann", Mark.COUNTED)

    assert standing() == after
    assert Event.objects.get().excluded == told


def test_a_mark_holds_for_what_comes_later_and_for_nobody_else(shop):
    decide(shop, "ann", Mark.BOT)
    met(shop, "ann")
    met(shop, "bob")

    assert (standing("ann"), standing("bob")) == ("bot", "")


def test_a_new_decision_ends_the_one_before(shop):
    decide(shop, "ann", Mark.BOT)
    decide(shop, "ann", Mark.COUNTED, at=NOON + SECOND)

    rows = VisitorMark.objects.order_by("pk").values_list("mark", "lifted_at")
    assert list(rows) == [("bot", NOON + SECOND), ("counted", None)]


def test_a_mark_in_one_project_is_none_in_another(shop):
    other = make_project()
    decide(other, "ann", Mark.BOT)
    met(shop, "ann")

    assert standing() == ""


def test_marks_cost_a_rollup_no_query(shop):
    def cost(visitor):
        met(shop, visitor)
        with CaptureQueriesContext(connection) as asked:
            rollups.roll_up(seconds=5)
        return len(asked)

    decide(shop, "bob", Mark.BOT)

    assert cost("bob") <= cost("ann")


def flood(project, visitor, number, *, source="client", step=SECOND / 10):
    began = timezone.now() - number * step
    events = [
        IncomingEvent(f"{visitor}{place}", "scroll", visitor, "", began + place * step, {}, {}, "")
        for place in range(number)
    ]
    capture(project.pk, events, source)


def test_who_behaves_as_a_program_is_marked_with_the_date_and_the_reason(shop):
    flood(shop, "robot", 301)
    flood(shop, "ann", 300)
    flood(shop, "archive", 301, source="import")
    flood(shop, "phone", 301, step=SECOND * 60)

    now = timezone.now()
    assert marks.mark_programs(now) == 1

    mark = VisitorMark.objects.get()
    told = (mark.visitor_id, mark.mark, mark.reason, mark.made_by, mark.created_at)
    assert told == ("robot", "bot", "over_300_a_minute", "", now)


def test_a_program_that_met_an_experiment_is_no_longer_counted(shop):
    met(shop, "robot")
    assert standing("robot") == ""

    flood(shop, "robot", 301)
    marks.mark_programs(timezone.now())

    assert standing("robot") == "bot"


def test_whoever_was_counted_again_is_not_marked_again(shop):
    flood(shop, "robot", 301)
    marks.mark_programs(timezone.now())
    marks.lift(VisitorMark.objects.values_list("pk", flat=True), at=timezone.now())

    flood(shop, "robot", 302)

    assert marks.mark_programs(timezone.now()) == 0


def test_what_came_while_nobody_looked_is_looked_at_later_and_then_no_more(shop, django_assert_num_queries):
    marks.mark_programs(timezone.now())
    flood(shop, "robot", 301)
    Event.objects.update(received_at=timezone.now() - timedelta(hours=3))
    LookedAt.objects.update(until=timezone.now() - timedelta(hours=4))

    assert marks.mark_programs(timezone.now()) == 1
    VisitorMark.objects.all().delete()
    # A savepoint's worth beside the state, its lock, the question and the new state.
    with django_assert_num_queries(6):
        assert marks.mark_programs(timezone.now()) == 0


def test_a_double_order_to_mark_somebody_is_one(shop):
    did(shop, "ann")
    for _ in range(2):
        decide(shop, "ann", Mark.BOT)

    assert VisitorMark.objects.filter(lifted_at=None).count() == 1
