"""Whatever an experiment goes through, every exposure obeys one phase at most, and SQL counts the same as Python."""

from datetime import UTC, datetime, timedelta
from itertools import count

import pytest
from django.db import transaction
from django.db.models import Count
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from experiments import lifecycle, rollups
from experiments.models import Enrolment, Phase
from experiments.phases import open_phases, span_of
from experiments.rebuild import CACHE, EXPOSURE, PersonFacts, Span, rebuild
from experiments.recount import Recount
from tests.experiments.test_rebuild import plan as make_plan
from tests.factories import make_experiment, make_project
from tracking.capture import capture
from tracking.goals import Fact
from tracking.wire.native import IncomingEvent

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)
ids = count()

# What is done to an experiment, and after how many seconds: around the minute in which old pages still speak.
STEPS = st.lists(st.tuples(st.sampled_from(["pause", "new phase", "stop"]), st.integers(1, 90)), min_size=1, max_size=5)
# An exposure: when, after the start, in half seconds; and the phase it names.
MET = st.lists(
    st.tuples(st.integers(-4, 800), st.sampled_from([None, 1, 2, 3, 1.0, True, "1"])), min_size=1, max_size=12
)
MANY = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def live_through(experiment, steps):
    """A pause ends at the next step; a stop is followed by a new phase at the next one."""
    at = NOON
    lifecycle.start(experiment, at=at)
    for step, seconds in steps:
        at += seconds * SECOND
        if step == "new phase" or experiment.status == "stopped":
            lifecycle.new_phase(experiment, at=at, now=at)
        elif step == "stop":
            lifecycle.stop(experiment, at=at, now=at)
        elif experiment.status == "paused":
            lifecycle.resume(experiment, at=at)
        else:
            lifecycle.pause(experiment, at=at)


def met(experiment, moment, claimed, variant):
    told = {"experiment": experiment.key, "variant": variant} | ({} if claimed is None else {"phase": claimed})
    who = f"visitor-{next(ids)}"
    return IncomingEvent(f"m-{who}", EXPOSURE, who, "", moment, told, {}, "")


def expected(spans, moment, claimed):
    """The phases of an exposure, told once more in plain words."""
    found = []
    for span in spans:
        named = claimed == span.number and not isinstance(claimed, bool)
        if claimed is not None and not named:
            continue
        end = span.ended_at and span.ended_at + (60 * SECOND if named and span.handed_over else timedelta(0))
        inside = span.started_at <= moment and (end is None or moment < end)
        if inside and not any(since <= moment and (until is None or moment < until) for since, until in span.pauses):
            found.append(span.number)
    return found


@pytest.mark.django_db
@MANY
@given(STEPS, MET)
def test_every_exposure_obeys_one_phase_at_most_and_is_counted_alike(steps, exposures):
    shop = make_project()
    experiment = make_experiment(shop, kind="external")
    live_through(experiment, steps)
    sent = [
        met(experiment, NOON + halves * SECOND / 2, claimed, ("original", "green")[halves % 2])
        for halves, claimed in exposures
    ]

    capture(shop.id, sent, "import")
    while rollups.roll_up(seconds=5):
        pass

    spans = [span_of(phase) for phase in Phase.objects.filter(experiment=experiment).order_by("number")]
    rows = Enrolment.objects.filter(phase__experiment=experiment)
    enrolled = dict(rows.values_list("person__key", "phase__number"))
    assert len(enrolled) == rows.count(), "nobody is in two phases by one exposure"
    for event in sent:
        phases = expected(spans, event.occurred_at, event.properties.get("phase"))
        assert len(phases) <= 1
        assert enrolled.get(f"v:{event.visitor_id}") == (phases[0] if phases else None)
    assert_counted_alike(shop, rows)


def assert_counted_alike(shop, rows):
    with transaction.atomic():
        recount = Recount(shop.id)
        for phase in open_phases(shop.id):
            counted = recount.tallies(phase, most_events=10_000)
            people = {key[1]: sums[0] for key, sums in counted.items() if key[2] is None}
            by_variant = rows.filter(phase_id=phase.id).values_list("variant").annotate(people=Count("id"))
            assert people == dict(by_variant)
        transaction.set_rollback(True)  # what a recount leaves behind lives as long as its transaction


@pytest.mark.parametrize(
    ("seconds", "claimed", "phase"),
    [(99, None, 1), (99, 2, None), (100, None, 2), (100, 1, 1), (159, 1, 1), (160, 1, None), (160, None, 2)],
)
def test_for_a_minute_after_a_hand_over_the_old_phase_may_still_be_named(seconds, claimed, phase):
    handed_over = NOON + 100 * SECOND
    spans = [Span(make_plan(), 1, NOON, handed_over, handed_over=True), Span(make_plan(), 2, handed_over, None)]
    told = {"experiment": "cta", "variant": "new"} | ({"phase": claimed} if claimed else {})
    fact = Fact("m", EXPOSURE, "ann", NOON + seconds * SECOND, told, "import")

    assert [span.number for span in spans if rebuild(PersonFacts([fact]), span)] == ([phase] if phase else [])


def test_without_a_hand_over_nobody_speaks_for_a_phase_that_has_ended():
    span = Span(make_plan(), 1, NOON, NOON + CACHE)
    told = {"experiment": "cta", "variant": "new", "phase": 1}

    assert rebuild(PersonFacts([Fact("m", EXPOSURE, "ann", NOON + CACHE, told, "import")]), span) is None


def test_those_enrolled_before_a_pause_go_on_counting_in_it():
    span = Span(make_plan(), 1, NOON, None, ((NOON + CACHE, None),))
    told = {"experiment": "cta", "variant": "new"}
    early = Fact("m", EXPOSURE, "ann", NOON, told, "import")
    late = Fact("n", EXPOSURE, "bob", NOON + CACHE, told, "import")
    bought = Fact("b", "purchase", "ann", NOON + 2 * CACHE, {})

    assert rebuild(PersonFacts([early, bought]), span).values == {7: 1}
    assert rebuild(PersonFacts([late]), span) is None
