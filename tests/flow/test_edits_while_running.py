"""Twenty thousand people have met a variant; whatever is edited then, none of them is moved inside the phase."""

import pytest
from django.utils import timezone

from experiments.assignment import Question
from experiments.models import Experiment
from experiments.snapshot import SNAPSHOT, configuration
from tests.factories import make_project
from tests.rest import rest_of

pytestmark = pytest.mark.django_db

PEOPLE = 20_000
COUNTRIES = ("PL", "UA", "DE")
GOALS = [{"goal": "purchase", "role": "primary"}]


def variants(*weights, **payloads):
    return [
        {"key": f"v{place}", "weight": weight, "payload": {"value": payloads.get(f"v{place}", f"text {place}")}}
        for place, weight in enumerate(weights)
    ]


HERO = {
    "key": "hero",
    "kind": "string",
    "coverage": 0.6,
    "variants": variants(2, 5, 3),
    "goals": GOALS,
    "condition": {"country": {"$in": ["PL", "UA"]}, "id": {"$notInGroup": "staff"}},
    "pages": [{"include": True, "kind": "simple", "pattern": "/shop*"}],
    "namespace": "checkout",
    "namespace_share": 0.5,
    "prerequisites": [{"experiment": "first", "variants": ["v0", "v1"]}],
}
PLAIN = {"kind": "string", "variants": variants(1, 1), "goals": GOALS}


@pytest.fixture
def project():
    return make_project("shop")


@pytest.fixture
def rest(project):
    """hero runs with every rule that there is; it takes its people from first, and leaves half of the group free."""
    rest = rest_of(project)
    for key in ("purchase", "click"):
        rest.ok("POST", "goals/", {"key": key, "level": "macro", "event": key})
    rest.ok("POST", "namespaces/", {"key": "checkout", "name": "Checkout"})
    rest.ok("POST", "groups/", {"key": "staff", "name": "Staff", "values": ["visitor-1", "visitor-2"]})
    rest.ok("PATCH", "holdout/", {"share": 0.05})
    for content in ({**PLAIN, "key": "first"}, HERO, {**PLAIN, "key": "later", "namespace": "checkout"}):
        rest.ok("POST", "experiments/", content)
    for key in ("first", "hero"):
        rest.ok("POST", f"experiments/{key}/start/", {})
    return rest


CROWD = [f"visitor-{number}" for number in range(6 * PEOPLE)]


def outcomes(project, people=CROWD):
    """By visitor, what hero answers now; nothing when it is not served."""
    SNAPSHOT.forget()
    one = configuration(project.id).running.get("hero")
    if one is None:
        return {}
    told = {person: {"id": person, "country": COUNTRIES[int(person[8:]) % 3]} for person in people}
    return {person: one.assign(Question(person, "", told[person], "/shop")) for person in people}


@pytest.fixture
def exposed(project, rest):
    """Those whom it has let in, with their variants."""
    met = {person: outcome.variant.key for person, outcome in outcomes(project).items() if outcome.in_experiment}
    assert len(met) >= PEOPLE
    return met


def phase(project):
    return Experiment.objects.get(project=project, key="hero").phases.latest("number").number


def moved(project, exposed):
    """Those who are told another variant, or that they are out."""
    now = outcomes(project, exposed)
    return [
        person for person, met in exposed.items() if not now[person].in_experiment or now[person].variant.key != met
    ]


REFUSED = {
    "weights": {"variants": variants(3, 4, 3)},
    "a variant more": {"variants": variants(2, 5, 3, 1)},
    "a variant less": {"variants": variants(2, 5)},
    "the order of variants": {"variants": [*reversed(variants(2, 5, 3))]},
    "the key of a variant": {"variants": [*variants(2, 5), {"key": "new", "weight": 3, "payload": {"value": "x"}}]},
    "a payload": {"variants": variants(2, 5, 3, v1="other")},
    "the audience": {"condition": {}},
    "the pages": {"pages": []},
    "the unit": {"unit": "user"},
    "less coverage": {"coverage": 0.3},
    "no exclusion group": {"namespace": None},
    "the share of the group": {"namespace_share": 0.3},
    "the tests before it": {"prerequisites": []},
    "the goals": {"goals": [{"goal": "click", "role": "primary"}]},
    "the kind": {"kind": "json"},
    "coverage and weights at once": {"coverage": 0.9, "variants": variants(1, 1, 1)},
}


def test_what_would_move_people_is_refused(project, rest, exposed):
    for name, change in REFUSED.items():
        status, ((code, _),) = rest.refused("PATCH", "experiments/hero/", change)

        assert (status, code) == (409, "frozen"), name
        assert (moved(project, exposed), phase(project)) == ([], 1), name


# In this order, each on top of those before it.
HARMLESS = {
    "its name": ("PATCH", "experiments/hero/", {"name": "Hero", "hypothesis": "None."}),
    "more coverage": ("PATCH", "experiments/hero/", {"coverage": 0.9}),
    "one more goal": ("POST", "experiments/hero/goals/", {"goal": "click"}),
    "a goal itself": ("PATCH", "goals/purchase/", {"event": "order"}),
    "the list that the audience names": ("PATCH", "groups/staff/", {"values": CROWD[:5_000]}),
    "another test in the exclusion group": ("POST", "experiments/later/start/", {}),
    "the test before it is paused": ("POST", "experiments/first/pause/", {}),
    "the test before it gets a new phase": ("POST", "experiments/first/new-phase/", {"variants": variants(1, 3)}),
    "the test before it ends": ("POST", "experiments/first/stop/", {}),
    "the test before it is shipped": ("POST", "experiments/first/ship/", {"variant": "v0"}),
}


def test_what_moves_nobody_is_allowed(project, rest, exposed):
    for name, edit in HARMLESS.items():
        rest.ok(*edit)

        assert (moved(project, exposed), phase(project)) == ([], 1), name


def test_a_holdout_cannot_change_under_a_running_test(project, rest, exposed):
    assert rest.refused("PATCH", "holdout/", {"share": 0.2})[0] == 409

    assert moved(project, exposed) == []


def test_an_exclusion_group_that_is_in_use_stays(project, rest, exposed):
    assert rest.refused("DELETE", "namespaces/checkout/")[0] == 409
    assert rest.refused("DELETE", "groups/staff/")[0] == 409

    assert moved(project, exposed) == []


def test_in_a_pause_nobody_is_let_in_and_afterwards_everyone_is_back(project, rest, exposed):
    rest.ok("POST", "experiments/hero/pause/", {})
    reasons = {outcome.reason for outcome in outcomes(project).values()}
    rest.ok("POST", "experiments/hero/resume/", {})

    assert reasons == {"paused"}
    assert (moved(project, exposed), phase(project)) == ([], 1)


def test_more_coverage_lets_more_people_in(project, rest, exposed):
    rest.ok("PATCH", "experiments/hero/", {"coverage": 0.9})

    inside = sum(outcome.in_experiment for outcome in outcomes(project).values())

    assert 1.4 < inside / len(exposed) < 1.6


def test_a_new_phase_says_so_and_deals_anew(project, rest, exposed):
    rest.ok("POST", "experiments/hero/new-phase/", {"variants": variants(1, 1)})

    assert phase(project) == 2
    assert {outcome.variant.key for outcome in outcomes(project).values() if outcome.in_experiment} == {"v0", "v1"}
    assert moved(project, exposed)


def test_what_was_stopped_is_served_to_nobody(project, rest, exposed):
    rest.ok("POST", "experiments/hero/stop/", {"at": timezone.now().isoformat()})

    assert outcomes(project) == {}
