"""…/start/, …/stop/ and …/goals/: moves through the API."""

from datetime import timedelta

import pytest
from django.utils import timezone

from experiments.models import Experiment, Phase
from experiments.phases import plan_of
from tests.factories import make_experiment, make_goal, make_project
from tests.rest import queries, rest_of

pytestmark = pytest.mark.django_db

START, STOP, GOALS = "experiments/hero/start/", "experiments/hero/stop/", "experiments/hero/goals/"


@pytest.fixture
def project():
    return make_project("shop")


@pytest.fixture
def rest(project):
    return rest_of(project)


@pytest.fixture
def hero(project):
    return make_experiment(project, "hero")


def ago(**time):
    return (timezone.now() - timedelta(**time)).isoformat()


def test_a_start_opens_the_first_phase_now(rest, hero):
    phase = rest.ok("POST", START)

    assert (phase["number"], phase["ended_at"]) == (1, None)
    assert "seed" not in phase
    assert rest.ok("GET", "experiments/hero/")["phases"] == [phase]


def test_a_test_that_ran_elsewhere_has_its_own_times(rest, hero):
    started = rest.ok("POST", START, {"at": "2026-01-05T00:00:00Z"})
    stopped = rest.ok("POST", STOP, {"at": "2026-01-19T01:00:00+01:00"})

    assert started["started_at"] == stopped["started_at"] == "2026-01-05T00:00:00Z"
    assert stopped["ended_at"] == "2026-01-19T00:00:00Z"
    assert Experiment.objects.get().status == "stopped"


@pytest.mark.parametrize(
    ("order", "error"),
    [
        ({"at": "2999-01-01T00:00:00Z"}, ("in_the_future", "at")),
        ({"at": "1999-01-01T00:00:00Z"}, ("too_early", "at")),
        ({"at": "yesterday"}, ("invalid", "at")),
        ({"at": None}, ("null", "at")),
        ({"when": "2026-01-01"}, ("unknown", "when")),
    ],
)
def test_an_order_that_cannot_be_moves_nothing(rest, hero, order, error):
    assert rest.refused("POST", START, order) == (400, [error])
    rest.ok("POST", START)
    assert rest.refused("POST", STOP, order) == (400, [error])
    assert Experiment.objects.get().status == "running"


def test_what_keeps_it_from_starting_is_said_one_by_one(project, rest):
    make_experiment(project, "hero", variants=["only"], goals={make_goal(project): "secondary"})

    assert rest.refused("POST", START) == (400, [("not_ready", None)] * 2)


def test_an_end_before_the_start_is_refused(project, rest):
    make_experiment(project, "hero", planned_end=timezone.now() - timedelta(days=1))

    assert rest.refused("POST", START) == (400, [("ends_before_start", "planned_end")])
    rest.ok("POST", START, {"at": ago(days=2)})
    assert rest.refused("POST", STOP, {"at": ago(days=3)}) == (400, [("ends_before_start", "at")])


def test_a_move_that_is_not_in_the_table_is_409(rest, hero):
    assert rest.refused("POST", STOP) == (409, [("illegal_move", None)])
    rest.ok("POST", START)
    assert rest.refused("POST", START) == (409, [("illegal_move", None)])
    rest.ok("POST", STOP)
    assert rest.refused("POST", START) == (409, [("illegal_move", None)])


def test_a_goal_added_to_a_draft_keeps_its_role(project, rest, hero):
    make_goal(project, "speed")

    assert rest.ok("POST", GOALS, {"goal": "speed", "role": "guardrail", "margin": 0.1})["role"] == "guardrail"
    rest.ok("POST", START)
    assert [goal.exploratory for goal in plan_of(Phase.objects.get().plan).goals] == [False, False]


@pytest.mark.parametrize("begun", [[START], [START, STOP]])
def test_a_goal_added_later_is_exploratory(project, rest, hero, begun):
    make_goal(project, "step")
    for move in begun:
        rest.ok("POST", move)

    assert rest.ok("POST", GOALS, {"goal": "step"}) == {"goal": "step", "role": "secondary", "margin": 0.02}

    phase = Phase.objects.get()
    assert [(goal.key, goal.exploratory) for goal in plan_of(phase.plan).goals][1:] == [("step", True)]
    assert phase.plan_version == 2
    assert rest.refused("POST", GOALS, {"goal": "step"}) == (409, [("already_exists", "goal")])


def test_a_goal_added_later_cannot_decide(project, rest, hero):
    make_goal(project, "step")
    rest.ok("POST", START)

    assert rest.refused("POST", GOALS, {"goal": "step", "role": "primary"}) == (409, [("already_started", "role")])
    assert rest.refused("POST", GOALS, {"goal": "nobody"}) == (400, [("does_not_exist", "goal")])


def test_final_results_take_no_more_goals(project, rest, hero):
    make_goal(project, "step")
    rest.ok("POST", START)
    rest.ok("POST", STOP)
    Phase.objects.update(finalised_at=timezone.now())

    assert rest.refused("POST", GOALS, {"goal": "step"}) == (409, [("finalised", None)])
    assert hero.goal_roles.count() == 1


def test_another_projects_experiment_cannot_be_moved(rest, hero):
    stranger = rest_of(make_project("other"))

    for path in (START, STOP, GOALS):
        assert stranger.refused("POST", path, {"goal": "x"} if path == GOALS else {})[0] == 404
    assert Experiment.objects.get().status == "draft"


def test_moves_cost_a_fixed_number_of_queries(project, rest, hero):
    make_goal(project, "step")

    with queries(22):
        rest.ok("POST", START)
    with queries(15):
        rest.ok("POST", GOALS, {"goal": "step"})
    with queries(14):
        rest.ok("POST", STOP)
