"""Moves of an experiment, and what each leaves behind."""

from datetime import timedelta

import pytest
from django.utils import timezone

from experiments import lifecycle
from experiments.models import ConfigVersion, Experiment, ExperimentGoal, Phase
from experiments.phases import plan_of
from experiments.snapshot import chained
from tests.factories import make_experiment, make_goal, make_project

pytestmark = pytest.mark.django_db


@pytest.fixture
def experiment():
    return make_experiment(make_project())


def start(experiment):
    return lifecycle.start(experiment, at=timezone.now())


def stop(experiment, at=None):
    return lifecycle.stop(experiment, at=at or timezone.now(), now=timezone.now())


def test_a_start_freezes_the_plan(experiment):
    phase = start(experiment)
    experiment.variants.update(weight=9, name="changed")

    plan = plan_of(Phase.objects.get(id=phase.id).plan)

    assert [(variant.key, variant.weight) for variant in plan.variants] == [("original", 0.5), ("green", 0.5)]
    assert [goal.role for goal in plan.goals] == ["primary"]


def test_of_two_clicks_at_once_one_wins(experiment):
    twin = Experiment.objects.get(id=experiment.id)
    start(experiment)

    with pytest.raises(lifecycle.AlreadyMoved):
        start(twin)

    assert Phase.objects.count() == ConfigVersion.objects.count() == 1


def test_what_was_stopped_does_not_start_again(experiment):
    start(experiment)
    stop(experiment)

    with pytest.raises(lifecycle.IllegalMove):
        start(experiment)


VERBS = {
    "schedule": (lambda one, now: lifecycle.schedule(one, now=now), {"draft": "scheduled"}),
    "unschedule": (lambda one, _now: lifecycle.unschedule(one), {"scheduled": "draft"}),
    "start": (lambda one, now: lifecycle.start(one, at=now), {"draft": "running", "scheduled": "running"}),
    "pause": (lambda one, now: lifecycle.pause(one, at=now), {"running": "paused"}),
    "resume": (lambda one, now: lifecycle.resume(one, at=now), {"paused": "running"}),
    "stop": (lambda one, now: lifecycle.stop(one, at=now, now=now), {"running": "stopped", "paused": "stopped"}),
    "new phase": (
        lambda one, now: lifecycle.new_phase(one, at=now, now=now),
        dict.fromkeys(["running", "paused", "stopped"], "running"),
    ),
    "ship": (
        lambda one, now: lifecycle.ship(one, "green", now=now),
        dict.fromkeys(["running", "paused", "stopped"], "stopped"),
    ),
    "archive": (lambda one, _now: lifecycle.archive(one), {"stopped": "archived"}),
    "unarchive": (lambda one, _now: lifecycle.unarchive(one), {"archived": "stopped"}),
}
WAYS = {
    "draft": [],
    "scheduled": ["schedule"],
    "running": ["start"],
    "paused": ["start", "pause"],
    "stopped": ["start", "stop"],
    "archived": ["start", "stop", "archive"],
}


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("status", lifecycle.MOVES)
def test_every_verb_does_what_the_table_says_in_every_state(status, verb):
    now = timezone.now()
    experiment = make_experiment(make_project(), starts_at=now + timedelta(days=1))
    for step in WAYS[status]:
        VERBS[step][0](experiment, now)
    assert experiment.status == status
    carry_out, leads_to = VERBS[verb]

    if status in leads_to:
        carry_out(experiment, now)
    else:
        with pytest.raises(lifecycle.IllegalMove):
            carry_out(experiment, now)

    after = leads_to.get(status, status)
    assert Experiment.objects.get().status == experiment.status == after
    assert after == status or after in lifecycle.MOVES[status] or verb == "ship"
    assert Phase.objects.filter(ended_at=None).exists() == (after in lifecycle.LIVE)


def test_an_experiment_that_is_not_ready_says_all_that_is_missing():
    bare = make_experiment(make_project(), variants=["only"])
    bare.goal_roles.all().delete()

    with pytest.raises(lifecycle.NotReady) as missing:
        start(bare)

    assert len(missing.value.problems) == 2
    assert Experiment.objects.get(id=bare.id).status == "draft"


def test_an_end_before_the_start_keeps_the_experiment_from_starting(experiment):
    Experiment.objects.filter(id=experiment.id).update(planned_end=timezone.now() - timedelta(minutes=1))

    with pytest.raises(lifecycle.NotReady, match="planned end"):
        start(experiment)

    assert experiment.status == "draft"


def test_a_variant_that_changes_nothing_keeps_the_experiment_from_starting(experiment):
    experiment.variants.filter(is_control=False).update(payload={})

    with pytest.raises(lifecycle.NotReady, match="Green"):
        start(experiment)


def test_a_stop_never_lies_before_the_start(experiment):
    phase = start(experiment)

    assert stop(experiment, at=phase.started_at - timedelta(days=1)).ended_at > phase.started_at


def test_each_version_carries_the_digest_of_the_one_before(experiment):
    start(experiment)
    stop(experiment)

    first, second = ConfigVersion.objects.order_by("number")
    assert (first.previous, second.previous) == ("", first.digest)
    assert all(version.digest == chained(version.previous, version.body) for version in (first, second))


def test_a_goal_added_later_is_exploratory_whatever_role_it_claims(experiment):
    phase = start(experiment)
    row = ExperimentGoal.objects.create(
        experiment=experiment, goal=make_goal(experiment.project, "late"), role="primary"
    )

    lifecycle.add_goal(experiment, row)
    lifecycle.add_goal(experiment, row)

    phase.refresh_from_db()
    late = plan_of(phase.plan).goals[-1]
    assert (late.key, late.role, late.exploratory, phase.plan_version) == ("late", "secondary", True, 2)
