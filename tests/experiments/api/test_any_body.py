"""Whatever JSON is sent to whatever address: never a fault, always the one shape of errors."""

import os

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.factories import GREEN, make_experiment, make_goal, make_project
from tests.rest import rest_of
from tracking.models import Trigger

pytestmark = pytest.mark.django_db

GOAL = ["key", "name", "level", "event", "selector", "conditions", "measure", "property", "currency", "window"]
GOAL += ["desired", "category", "stage", "weight", "leads_to", "created_at"]
EXPERIMENT = ["key", "name", "hypothesis", "kind", "status", "unit", "coverage", "alpha", "minimum_effect"]
EXPERIMENT += ["planned_sample", "planned_end", "variants", "goals", "phases"]
PARTS = ["is_control", "payload", "goal", "role", "margin", "operator", "value", "text", "background", "at"]
TRIGGER = ["params", "properties", "is_on", "subject", "not", "source", "from", "as", "percents", "seconds", "note"]

ODD = ["", " ", "a", "sale", "micro", "sum", "cta", "json", "external", "primary", "NaN", "1e400", "0", "-1", "𝟙"]
ODD += ["click", "scroll_depth", "#hero", "matches", "(a+)+"]
ODD += ["Ω" * 400, "2026-01-01", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "__proto__", "\u202e"]
leaves = st.one_of(
    st.none(),
    st.booleans(),
    st.sampled_from([0, -1, 1, 2**31, 2**53, 2**53 + 1, 10**40, 0.1, -0.0, 1e-320, 1e308]),
    st.sampled_from(ODD),
    st.text(max_size=20),
)
names = st.sampled_from(GOAL + EXPERIMENT + PARTS + TRIGGER) | st.text(max_size=5)
values = st.recursive(
    leaves | st.just(GREEN) | st.sampled_from([[{"key": "a"}, {"key": "b", "payload": GREEN}], [{"goal": "sale"}]]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(names, inner, max_size=4),
    max_leaves=12,
)
bodies = st.dictionaries(names, values, max_size=8) | values
ADDRESSES = [
    ("POST", "goals/"), ("PATCH", "goals/sale/"), ("PATCH", "project/"), ("POST", "experiments/"),
    ("PATCH", "experiments/hero/"), ("POST", "experiments/hero/goals/"), ("POST", "experiments/hero/start/"),
    ("POST", "experiments/hero/stop/"), ("POST", "experiments/hero/forecast/"), ("POST", "triggers/"),
    ("PATCH", "triggers/hero/"), ("POST", "triggers/publish/"),
]  # fmt: skip


@settings(
    max_examples=int(os.environ.get("FUZZ_EXAMPLES", "60")),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(address=st.sampled_from(ADDRESSES), body=bodies)
def test_no_body_causes_a_fault(rest, address, body):
    status, content = rest(*address, body)

    assert status < 500, content
    assert status < 400 or set(content) == {"type", "errors"}
    assert rest("GET", "experiments/")[0] == 200


@pytest.fixture
def rest():
    project = make_project("shop")
    make_experiment(project, "hero", goals=[make_goal(project, "sale", level="macro")])
    Trigger.objects.create(project=project, key="hero", name="Hero", kind="click", params={"selector": "#hero"})
    return rest_of(project)
