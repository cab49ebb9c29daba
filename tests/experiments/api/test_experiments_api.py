"""/api/v1/experiments/: drafts as one thing, what is refused with its place, what is frozen."""

from typing import Any

import pytest
from django.utils import timezone
from rest_framework.exceptions import NotFound

from experiments import lifecycle
from experiments.api import drafts
from experiments.models import Experiment, Namespace, Variant
from tests.factories import GREEN, make_experiment, make_goal, make_project
from tests.rest import queries, rest_of

pytestmark = pytest.mark.django_db

TWO: list[dict[str, Any]] = [{"key": "old"}, {"key": "new", "payload": GREEN}]
HEAVY = [{"kind": "regex", "pattern": f"(a{{20}}){{40}}{number}"} for number in range(40)]
# Each with the field that is named in the answer.
FROZEN: list[tuple[dict[str, Any], str]] = [
    ({"coverage": 0.5}, "coverage"),
    ({"variants": TWO}, "variants"),
    ({"goals": []}, "goals"),
    ({"name": "x", "alpha": 0.1}, "alpha"),
    ({"kind": "json"}, "kind"),
    ({"unit": "user"}, "unit"),
    ({"condition": {"country": "PL"}}, "condition"),
    ({"pages": [{"pattern": "/a"}]}, "pages"),
    ({"namespace": "checkout"}, "namespace"),
    ({"namespace_share": 0.4}, "namespace_share"),
    ({"prerequisites": [{"experiment": "menu", "variants": ["short"]}]}, "prerequisites"),
    ({"minimum_effect": 0.1}, "minimum_effect"),
    ({"planned_sample": 100}, "planned_sample"),
    ({"planned_end": "2030-01-01T00:00:00Z"}, "planned_end"),
    ({"starts_at": "2030-01-01T00:00:00Z"}, "starts_at"),
]


@pytest.fixture
def project():
    return make_project("shop")


@pytest.fixture
def rest(project):
    return rest_of(project)


@pytest.fixture
def sale(project):
    return make_goal(project, "sale", level="macro")


def test_variants_and_goals_are_written_with_their_defaults(rest, sale):
    draft = rest.ok("POST", "experiments/", {"key": "hero", "variants": TWO, "goals": [{"goal": "sale"}]})

    assert (draft["name"], draft["status"], draft["kind"], draft["unit"]) == ("Hero", "draft", "cta", "visitor")
    assert [(row["name"], row["is_control"], row["weight"]) for row in draft["variants"]] == [
        ("Old", True, 1.0),
        ("New", False, 1.0),
    ]
    assert draft["goals"] == [{"goal": "sale", "role": "secondary", "margin": 0.02}]
    assert draft == rest.ok("GET", "experiments/hero/")


def test_every_field_comes_back_as_it_was_sent(project, rest, sale):
    Namespace.objects.create(project=project, key="checkout", name="Checkout")
    fields = {
        "key": "hero", "name": "Hero!", "hypothesis": "Green sells.", "kind": "json", "unit": "user",
        "coverage": 0.25, "alpha": 0.1, "minimum_effect": 0.03, "planned_sample": 5000,
        "planned_end": "2030-01-01T00:00:00Z", "starts_at": "2029-12-01T00:00:00Z", "stops_by_itself": True,
        "condition": {"country": {"$in": ["PL", "UA"]}}, "namespace": "checkout", "namespace_share": 0.3,
        "pages": [{"include": False, "kind": "regex", "pattern": "^/gift"}],
        "prerequisites": [{"experiment": "menu", "variants": ["short"]}],
        "variants": [
            {"key": "b", "name": "B", "is_control": False, "weight": 3.0, "payload": {"n": [1, {"x": None}]}},
            {"key": "a", "name": "A", "is_control": True, "weight": 1.0, "payload": {}},
        ],
        "goals": [{"goal": "sale", "role": "guardrail", "margin": 0.1}],
    }  # fmt: skip

    draft = rest.ok("POST", "experiments/", fields)

    assert {name: draft[name] for name in fields} == fields
    assert draft.keys() - fields.keys() == {
        "status",
        "phases",
        "created_at",
        "updated_at",
        "schedule_problem",
        "shipped_variant",
    }


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"key": "Big"}, ("invalid", "key")),
        ({"status": "running"}, ("read_only", "status")),
        ({"seed": "abc"}, ("unknown", "seed")),
        ({"kind": "magic"}, ("invalid_choice", "kind")),
        ({"coverage": 1.5}, ("max_value", "coverage")),
        ({"coverage": "0.5"}, ("invalid", "coverage")),
        ({"alpha": 0}, ("min_value", "alpha")),
        ({"minimum_effect": 0.0009}, ("min_value", "minimum_effect")),
        ({"minimum_effect": 10.1}, ("max_value", "minimum_effect")),
        ({"planned_sample": 0}, ("min_value", "planned_sample")),
        ({"planned_sample": 2**40}, ("max_value", "planned_sample")),
        ({"planned_end": "soon"}, ("invalid", "planned_end")),
        ({"planned_end": "9999-12-31T23:59:59-12:00"}, ("overflow", "planned_end")),
        ({"variants": []}, ("min_length", "variants.non_field_errors")),
        ({"variants": TWO[:1]}, ("min_length", "variants.non_field_errors")),
        ({"variants": TWO * 11}, ("max_length", "variants.non_field_errors")),
        ({"variants": "two"}, ("not_a_list", "variants.non_field_errors")),
        ({"variants": [TWO[0], TWO[0]]}, ("repeated", "variants.1.key")),
        ({"variants": [TWO[0], {**TWO[1], "wieght": 1}]}, ("unknown", "variants.1.wieght")),
        ({"variants": [{**row, "is_control": True} for row in TWO]}, ("two_controls", "variants")),
        ({"variants": [TWO[0], {**TWO[1], "weight": 0}]}, ("min_value", "variants.1.weight")),
        ({"variants": [TWO[0], {**TWO[1], "weight": -1}]}, ("min_value", "variants.1.weight")),
        ({"variants": [TWO[0], {**TWO[1], "weight": True}]}, ("invalid", "variants.1.weight")),
        ({"variants": [TWO[0], {"key": "new", "payload": []}]}, ("not_a_dict", "variants.1.payload")),
        ({"variants": [TWO[0], {"key": "new"}]}, ("illegal", "variants.1.payload.text")),
        (
            {"variants": [TWO[0], {"key": "new", "payload": {"text": "Buy"}}]},
            ("illegal", "variants.1.payload.selector"),
        ),
        ({"kind": "external"}, ("illegal", "variants.1.payload.text")),
        (
            {"kind": "json", "variants": [TWO[0], {"key": "new", "payload": {"x": "x" * 16_384}}]},
            ("too_large", "variants.1.payload"),
        ),
        ({"goals": [{"goal": "sale"}, {"goal": "theirs"}]}, ("does_not_exist", "goals.1.goal")),
        ({"goals": [{"goal": "sale"}, {"goal": "sale"}]}, ("repeated", "goals.1.goal")),
        ({"goals": [{"goal": "sale", "role": "king"}]}, ("invalid_choice", "goals.0.role")),
        ({"goals": [{"goal": "sale", "margin": 2}]}, ("max_value", "goals.0.margin")),
        ({"starts_at": "soon"}, ("invalid", "starts_at")),
        ({"condition": []}, ("not_a_dict", "condition")),
        ({"condition": {"country": {"$is": "PL"}}}, ("illegal", "condition")),
        ({"pages": [{"pattern": "/a"}, {"pattern": "("} | {"kind": "regex"}]}, ("illegal", "pages.1.pattern")),
        ({"pages": [{"pattern": ""}]}, ("blank", "pages.0.pattern")),
        ({"pages": HEAVY}, ("illegal", "pages.22.pattern")),
        ({"namespace": "theirs"}, ("does_not_exist", "namespace")),
        ({"namespace_share": 0}, ("min_value", "namespace_share")),
        ({"prerequisites": [{"experiment": "menu", "variants": []}]}, ("min_length", "prerequisites.0.variants")),
        ({"prerequisites": [{"experiment": "menu"}]}, ("required", "prerequisites.0.variants")),
        ({"shipped_variant": "new"}, ("read_only", "shipped_variant")),
    ],
)
def test_what_is_no_experiment_is_refused_with_its_place(rest, sale, change, error):
    other = make_project("other")
    make_goal(other, "theirs")
    Namespace.objects.create(project=other, key="theirs", name="Theirs")
    fields = {"key": "hero", "variants": TWO, "goals": [{"goal": "sale", "role": "primary"}]}

    status, errors = rest.refused("POST", "experiments/", {**fields, **change})

    assert status == 400
    assert error in errors
    assert not Experiment.objects.exists()


@pytest.mark.parametrize("missing", ["key", "variants"])
def test_what_is_needed_is_named(rest, missing):
    fields = {name: value for name, value in {"key": "hero", "variants": TWO}.items() if name != missing}

    assert rest.refused("POST", "experiments/", fields) == (400, [("required", missing)])


def test_the_same_key_twice_is_409_and_leaves_the_first_alone(rest):
    rest.ok("POST", "experiments/", {"key": "hero", "variants": TWO})

    assert rest.refused("POST", "experiments/", {"key": "hero", "variants": TWO}) == (409, [("already_exists", "key")])
    assert Variant.objects.count() == 2


def test_lists_in_a_change_replace_what_was_there(project, rest, sale):
    make_experiment(project, "hero", goals=[sale, make_goal(project, "step")])

    changed = rest.ok(
        "PATCH", "experiments/hero/", {"variants": [*TWO, {"key": "third", "payload": GREEN}], "goals": []}
    )

    assert [(row["key"], row["weight"]) for row in changed["variants"]] == [("old", 1.0), ("new", 1.0), ("third", 1.0)]
    assert changed["goals"] == []


def test_another_kind_must_suit_the_variants_that_are_there(project, rest):
    make_experiment(project, "hero")

    status, errors = rest.refused("PATCH", "experiments/hero/", {"kind": "external"})

    assert status == 400
    assert ("illegal", "variants.1.payload.text") in errors


@pytest.mark.parametrize("state", ["running", "paused", "stopped", "archived"])
def test_once_begun_only_the_words_change(project, rest, state):
    Namespace.objects.create(project=project, key="checkout", name="Checkout")
    experiment = make_experiment(project, "hero")
    bring_to(experiment, state)

    assert rest.ok("PATCH", "experiments/hero/", {"key": "hero", "hypothesis": "Less is more."})["status"] == state
    before = rest.ok("GET", "experiments/hero/")
    for change, field in FROZEN:
        assert rest.refused("PATCH", "experiments/hero/", change) == (409, [("frozen", field)])
    assert rest.refused("DELETE", "experiments/hero/") == (409, [("not_a_draft", None)])
    assert rest.ok("GET", "experiments/hero/") == before


def bring_to(experiment, state):
    now = timezone.now()
    lifecycle.start(experiment, at=now)
    if state == "paused":
        lifecycle.pause(experiment, at=now)
    elif state != "running":
        lifecycle.stop(experiment, at=now, now=now)
    if state == "archived":
        lifecycle.archive(experiment)


def test_what_is_sent_along_unchanged_is_no_change(project, rest, sale):
    Namespace.objects.create(project=project, key="checkout", name="Checkout")
    make_experiment(project, "hero", goals=[sale])
    rest.ok("PATCH", "experiments/hero/", {"namespace": "checkout", "pages": [{"pattern": "/a"}]})
    rest.ok("POST", "experiments/hero/start/")
    whole = rest.ok("GET", "experiments/hero/")
    sealed = {"status", "phases", "created_at", "updated_at", "schedule_problem", "shipped_variant"}

    changed = rest.ok(
        "PATCH",
        "experiments/hero/",
        {name: value for name, value in whole.items() if name not in sealed} | {"name": "Better"},
    )

    assert {**changed, "updated_at": ""} == {**whole, "name": "Better", "updated_at": ""}


def test_a_draft_can_be_deleted(project, rest):
    make_experiment(project, "hero")

    assert rest("DELETE", "experiments/hero/") == (204, None)
    assert rest.refused("GET", "experiments/hero/")[0] == 404


def test_experiments_are_listed_newest_first_and_by_status(project, rest):
    for key in ("first", "second"):
        make_experiment(project, key)
    lifecycle.start(make_experiment(project, "third"), at=timezone.now())
    make_experiment(make_project("other"), "theirs")

    assert [row["key"] for row in rest.ok("GET", "experiments/")["results"]] == ["third", "second", "first"]
    assert [row["key"] for row in rest.ok("GET", "experiments/?status=running")["results"]] == ["third"]
    assert rest.refused("GET", "experiments/?state=running") == (400, [("unknown", "state")])
    assert rest.refused("GET", "experiments/?status=runing") == (400, [("invalid_choice", "status")])


def test_queries_do_not_grow_with_experiments_variants_or_goals(project, rest, sale):
    goals = [sale, *(make_goal(project) for _ in range(4))]
    for _ in range(5):
        make_experiment(project, goals=goals)
    body = {"variants": TWO, "goals": [{"goal": goal.key} for goal in goals]}

    with queries(5):
        assert len(rest.ok("GET", "experiments/")["results"]) == 5
    with queries(9):
        rest.ok("POST", "experiments/", {"key": "hero", **body})
    with queries(5):
        rest.ok("GET", "experiments/hero/")
    with queries(13):
        rest.ok("PATCH", "experiments/hero/", body)
    with queries(8):
        rest("DELETE", "experiments/hero/")


def test_an_experiment_that_is_deleted_meanwhile_is_not_found_and_no_fault(project):
    hero = make_experiment(project, "hero")
    Experiment.objects.all().delete()

    with pytest.raises(NotFound):
        drafts.edit(hero, {"name": "x"})
    with pytest.raises(NotFound), drafts.held(hero):
        pass
    with pytest.raises(NotFound):
        drafts.delete(hero)
