"""A new phase in place of the old one, pauses, and coverage that only grows."""

from datetime import timedelta

import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from experiments import lifecycle
from experiments.models import ConfigVersion, Experiment, Phase
from experiments.phases import plan_of, span_of
from experiments.plan_building import with_coverage
from experiments.results import standing_of
from tests.experiments.test_rebuild import plan as make_plan
from tests.factories import make_experiment, make_project

pytestmark = pytest.mark.django_db

MINUTE = timedelta(minutes=1)
PEOPLE = [f"visitor-{number}" for number in range(2000)]


@pytest.fixture
def now():
    return timezone.now()


@pytest.fixture
def experiment(now):
    made = make_experiment(make_project(), coverage=0.4)
    lifecycle.start(made, at=now - 60 * MINUTE)
    return made


def variants(phase):
    plan = plan_of(Phase.objects.get(id=phase.id).plan)
    return {visitor: found.key for visitor in PEOPLE if (found := plan.variant_of(visitor))}


def test_a_new_phase_begins_where_the_old_one_ends_under_a_new_seed(experiment, now):
    experiment.variants.update(weight=3)
    old = experiment.phases.get()
    new = lifecycle.new_phase(experiment, at=now, now=now)

    old.refresh_from_db()
    assert (old.ended_at, old.closed_at, old.handed_over) == (now, now, True)
    assert (new.number, new.started_at, new.ended_at, new.seed == old.seed) == (2, now, None, False)
    assert (Experiment.objects.get().status, experiment.status) == ("running", "running")
    assert [entry["phase"] for entry in ConfigVersion.objects.latest("number").body["experiments"]] == [2]
    assert ConfigVersion.objects.count() == 2, "no version without the experiment between the phases"


def test_a_standing_tells_how_long_it_was_paused_by_then(experiment, now):
    for minutes_ago in (50, 20):
        lifecycle.pause(experiment, at=now - minutes_ago * MINUTE)
        phase = lifecycle.resume(experiment, at=now - (minutes_ago - 10) * MINUTE)

    assert standing_of(phase, 0, now).paused == 20 * MINUTE
    assert standing_of(phase, 0, now - 15 * MINUTE).paused == 15 * MINUTE, "in the midst of the second pause"
    assert standing_of(phase, 0, now - 55 * MINUTE).paused == 0 * MINUTE


@pytest.mark.parametrize(("old", "new"), [("json", "external"), ("external", "json")])
def test_a_new_phase_cannot_change_who_splits_the_people(now, old, new):
    experiment = make_experiment(make_project(), kind=old)
    lifecycle.start(experiment, at=now - MINUTE)
    Experiment.objects.filter(id=experiment.id).update(kind=new)

    with pytest.raises(lifecycle.NotReady, match="another system"):
        lifecycle.new_phase(experiment, at=now, now=now)

    assert experiment.phases.get().ended_at is None


def test_a_new_phase_carries_the_changes_made_before_it(experiment, now):
    Experiment.objects.update(coverage=0.1, condition={"country": "PL"})

    new = plan_of(lifecycle.new_phase(experiment, at=now, now=now).plan)

    assert (new.coverage, new.condition) == (0.1, {"country": "PL"})


def test_a_change_that_cannot_start_leaves_the_old_phase_running(experiment, now):
    Experiment.objects.update(coverage=0)

    with pytest.raises(lifecycle.NotReady):
        lifecycle.new_phase(experiment, at=now, now=now)

    assert experiment.phases.get().ended_at is None
    assert ConfigVersion.objects.count() == 1


def test_a_paused_phase_ends_without_a_hand_over_and_its_pause_with_it(experiment, now):
    lifecycle.pause(experiment, at=now - MINUTE)
    lifecycle.new_phase(experiment, at=now, now=now)

    old = experiment.phases.get(number=1)
    assert (old.handed_over, span_of(old).pauses) == (False, ((now - MINUTE, now),))
    assert Experiment.objects.get().status == "running"


def test_what_was_stopped_goes_on_in_a_new_phase(experiment, now):
    lifecycle.stop(experiment, at=now - MINUTE, now=now - MINUTE)
    new = lifecycle.new_phase(experiment, at=now - 2 * MINUTE, now=now)

    assert (new.number, new.started_at, experiment.status) == (2, now - MINUTE, "running")
    assert not experiment.phases.get(number=1).handed_over


@pytest.mark.parametrize("status", ["draft", "scheduled", "archived"])
def test_only_what_has_run_gets_a_new_phase(status, now):
    experiment = make_experiment(make_project(), status=status)

    with pytest.raises(lifecycle.IllegalMove):
        lifecycle.new_phase(experiment, at=now, now=now)


def test_of_two_who_saw_the_same_phase_one_gets_the_next(experiment, now):
    twin = Experiment.objects.get()
    lifecycle.new_phase(experiment, at=now, now=now, after=1)

    with pytest.raises(lifecycle.AlreadyMoved):
        lifecycle.new_phase(twin, at=now, now=now, after=1)

    assert Phase.objects.count() == 2


def test_pauses_keep_the_seed_and_are_told_one_by_one(experiment, now):
    seed = experiment.phases.get().seed
    for minutes in (30, 10):
        lifecycle.pause(experiment, at=now - minutes * MINUTE)
        assert Experiment.objects.get().status == "paused"
        lifecycle.resume(experiment, at=now - (minutes - 5) * MINUTE)

    phase = experiment.phases.get()
    assert (phase.seed, phase.ended_at) == (seed, None)
    assert span_of(phase).pauses == tuple((now - since * MINUTE, now - (since - 5) * MINUTE) for since in (30, 10))


def test_a_stop_in_the_past_forgets_later_pauses(experiment, now):
    lifecycle.pause(experiment, at=now - 20 * MINUTE)
    lifecycle.resume(experiment, at=now - 15 * MINUTE)
    lifecycle.pause(experiment, at=now - 5 * MINUTE)

    phase = lifecycle.stop(experiment, at=now - 17 * MINUTE, now=now)

    assert span_of(phase).pauses == ((now - 20 * MINUTE, now - 17 * MINUTE),)


def test_more_coverage_moves_nobody(experiment):
    phase = experiment.phases.get()
    before = variants(phase)

    lifecycle.grow_coverage(experiment, 0.7)

    after = variants(phase)
    assert before.items() < after.items()
    assert len(after) == pytest.approx(0.7 * len(PEOPLE), rel=0.1)
    assert ConfigVersion.objects.latest("number").body["experiments"][0]["plan"]["coverage"] == 0.7


@given(st.floats(0, 1), st.floats(0, 1))
def test_no_growth_of_coverage_moves_anybody(one, other):
    less, more = sorted([one, other])
    plan = make_plan("cta", coverage=less)

    grown = with_coverage(plan, more)

    for visitor in PEOPLE[:200]:
        assert plan.variant_of(visitor) is None or grown.variant_of(visitor).key == plan.variant_of(visitor).key


@pytest.mark.parametrize("coverage", [0.39, 0.0, 1.1])
def test_coverage_never_shrinks(experiment, coverage):
    with pytest.raises(lifecycle.Frozen):
        lifecycle.grow_coverage(experiment, coverage)

    assert (Experiment.objects.get().coverage, ConfigVersion.objects.count()) == (0.4, 1)


def test_coverage_of_what_does_not_run_does_not_grow(now):
    with pytest.raises(lifecycle.IllegalMove):
        lifecycle.grow_coverage(make_experiment(make_project(), coverage=0.1), 0.2)
