"""Pause, resume, schedule, new phase, coverage, ship, archive through the API."""

from datetime import timedelta

import pytest
from django.utils import timezone

from experiments.models import ConfigVersion, Experiment, Phase
from experiments.phases import plan_of
from tests.factories import GREEN, make_experiment, make_goal, make_project
from tests.rest import queries, rest_of

pytestmark = pytest.mark.django_db

HERO = "experiments/hero/"
WORDLESS = ["schedule", "unschedule", "pause", "resume", "unship", "archive", "unarchive"]


@pytest.fixture
def project():
    return make_project("shop")


@pytest.fixture
def rest(project):
    return rest_of(project)


@pytest.fixture
def hero(project):
    return make_experiment(project, "hero", coverage=0.5, starts_at=timezone.now() + timedelta(days=1))


def move(rest, name, body=None):
    return rest.ok("POST", f"{HERO}{name}/", body or {})


def test_each_move_answers_the_experiment_as_it_stands_then(rest, hero):
    assert move(rest, "schedule")["status"] == "scheduled"
    assert move(rest, "unschedule")["status"] == "draft"
    move(rest, "start")
    paused = move(rest, "pause")
    assert (paused["status"], paused["phases"][0]["pauses"][0]["until"]) == ("paused", None)
    resumed = move(rest, "resume")
    assert (resumed["status"], resumed["phases"][0]["pauses"][0]["until"] is None) == ("running", False)
    assert move(rest, "coverage", {"coverage": 0.75})["coverage"] == 0.75
    shipped = move(rest, "ship", {"variant": "green"})
    assert (shipped["status"], shipped["shipped_variant"]) == ("stopped", "green")
    assert move(rest, "unship")["shipped_variant"] == ""
    assert move(rest, "archive")["status"] == "archived"
    assert move(rest, "unarchive") == rest.ok("GET", HERO)


@pytest.mark.parametrize("name", [*WORDLESS, "coverage", "ship", "new-phase"])
def test_what_a_draft_cannot_do_is_409(rest, hero, name):
    if name == "schedule":
        move(rest, "start")
    body = {"coverage": {"coverage": 1}, "ship": {"variant": "green"}}.get(name, {})

    assert rest.refused("POST", f"{HERO}{name}/", body) == (409, [("illegal_move", None)])


@pytest.mark.parametrize(
    ("name", "body", "error"),
    [
        ("pause", {"at": "2026-01-01"}, ("unknown", "at")),
        ("coverage", {}, ("required", "coverage")),
        ("coverage", {"coverage": 1.5}, ("max_value", "coverage")),
        ("ship", {}, ("required", "variant")),
        ("ship", {"variant": "blue"}, ("not_ready", None)),
        ("new-phase", {"weights": []}, ("unknown", "weights")),
        ("new-phase", {"status": "running"}, ("read_only", "status")),
        ("new-phase", {"at": "2999-01-01T00:00:00Z"}, ("in_the_future", "at")),
        ("new-phase", {"at": "2001-01-01T00:00:00Z"}, ("ends_before_start", "at")),
        ("new-phase", {"coverage": 0}, ("not_ready", None)),
        ("new-phase", {"namespace": "none"}, ("does_not_exist", "namespace")),
    ],
)
def test_an_order_that_cannot_be_carried_out_changes_nothing(rest, hero, name, body, error):
    move(rest, "start")
    before = rest.ok("GET", HERO)

    assert rest.refused("POST", f"{HERO}{name}/", body) == (400, [error])
    assert rest.ok("GET", HERO) == before


def test_a_new_phase_takes_the_body_of_a_change_and_begins_with_it(project, rest, hero):
    make_goal(project, "sale", level="macro")
    move(rest, "start")
    variants = [{"key": "original"}, {"key": "green", "weight": 3.0, "payload": GREEN}]
    change = {"variants": variants, "goals": [{"goal": "sale", "role": "primary"}], "name": "Hero again"}

    phase = move(rest, "new-phase", change)

    plan = plan_of(Phase.objects.get(number=2).plan)
    assert (phase["number"], phase["ended_at"]) == (2, None)
    assert ([one.weight for one in plan.variants], [goal.key for goal in plan.goals]) == ([0.25, 0.75], ["sale"])
    found = rest.ok("GET", HERO)
    assert (found["name"], found["status"], len(found["phases"])) == ("Hero again", "running", 2)
    assert found["phases"][0]["ended_at"] == found["phases"][1]["started_at"]


def test_a_new_phase_of_a_draft_writes_nothing(rest, hero):
    assert rest.refused("POST", f"{HERO}new-phase/", {"name": "Other"}) == (409, [("illegal_move", None)])
    assert rest.ok("GET", HERO)["name"] == "Hero"


def test_coverage_grows_by_a_change_of_that_field_alone(rest, hero):
    move(rest, "start")

    assert rest.ok("PATCH", HERO, {"coverage": 0.8, "name": "Wide"})["coverage"] == 0.8

    assert plan_of(Phase.objects.get().plan).coverage == 0.8
    assert Experiment.objects.get().name == "Wide"
    assert rest.refused("PATCH", HERO, {"coverage": 0.7}) == (409, [("frozen", "coverage")])
    assert rest.refused("PATCH", HERO, {"coverage": 0.9, "alpha": 0.1}) == (409, [("frozen", "alpha")])
    assert rest.refused("POST", f"{HERO}coverage/", {"coverage": 0.7}) == (409, [("frozen", "coverage")])
    assert ConfigVersion.objects.count() == 2


def test_what_is_refused_says_how_to_have_it(rest, hero):
    move(rest, "start")

    _, content = rest("PATCH", HERO, {"alpha": 0.1, "unit": "user"})

    assert content["errors"][0]["detail"] == (
        "“Hero” is running: its tolerated false alarm, unit cannot change. Start a new phase with the change instead."
    )


def test_what_is_scheduled_can_still_be_changed_but_keeps_its_time(rest, hero):
    move(rest, "schedule")

    assert rest.ok("PATCH", HERO, {"coverage": 0.1, "variants": [{"key": "a"}, {"key": "b", "payload": GREEN}]})
    assert rest.refused("PATCH", HERO, {"starts_at": None}) == (409, [("scheduled", "starts_at")])
    assert rest.refused("DELETE", HERO) == (409, [("not_a_draft", None)])
    assert rest.ok("GET", HERO)["status"] == "scheduled"


def test_what_runs_can_be_told_to_stop_by_itself_where_it_has_an_end(project, rest, hero):
    move(rest, "start")
    assert rest.refused("PATCH", HERO, {"stops_by_itself": True}) == (409, [("no_planned_end", "stops_by_itself")])

    make_experiment(project, "ends", planned_end=timezone.now() + timedelta(days=1))
    rest.ok("POST", "experiments/ends/start/")
    assert rest.ok("PATCH", "experiments/ends/", {"stops_by_itself": True})["stops_by_itself"]


def test_moves_cost_a_fixed_number_of_queries(rest, hero):
    move(rest, "start")
    for name, most in (("pause", 18), ("resume", 18)):
        with queries(most):
            move(rest, name)
    with queries(20):
        move(rest, "coverage", {"coverage": 0.6})
    with queries(30):
        move(rest, "new-phase", {"coverage": 0.3})
    with queries(24):
        move(rest, "ship", {"variant": "green"})
