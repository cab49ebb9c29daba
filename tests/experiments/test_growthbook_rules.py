"""The evaluator against GrowthBook's own cases."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from experiments.growthbook_rules import Context, Payload, evaluate_feature, run_experiment
from tests.growthbook_cases import named

HERO = {"key": "hero", "variations": ["blue", "green"]}


def context_of(told):
    """A case's context, in the SDK's words, in ours."""
    payload = Payload(told.get("features", {}), told.get("savedGroups", {}), told.get("contextualBandits", {}))
    return Context(
        told.get("attributes", {}),
        payload,
        url=told.get("url", ""),
        enabled=told.get("enabled", True),
        qa_mode=told.get("qaMode", False),
        forced_variations=told.get("forcedVariations", {}),
    )


@pytest.mark.parametrize(("told", "key", "wanted"), [*named("feature"), *named("contextualBandit")])
def test_features_agree_with_growthbook(told, key, wanted):
    answer = evaluate_feature(key, context_of(told)).as_json()

    # Not every case says what the experiment was.
    assert {name: answer[name] for name in answer if name in wanted or not name.startswith("experiment")} == wanted


@pytest.mark.parametrize(("told", "experiment", "value", "in_experiment", "hash_used"), named("run"))
def test_experiments_agree_with_growthbook(told, experiment, value, in_experiment, hash_used):
    answer = run_experiment(experiment, context_of(told))

    assert (answer.value, answer.in_experiment, answer.hash_used) == (value, in_experiment, hash_used)


def test_a_forced_value_of_a_feature_wins():
    context = Context(payload=Payload({"hero": {"defaultValue": 1}}), forced_features={"hero": None})

    assert evaluate_feature("hero", context).as_json() == {
        "value": None,
        "on": False,
        "off": True,
        "source": "override",
        "ruleId": "",
    }


def test_exposures_found_elsewhere_are_handed_on_with_the_forced_value():
    tracks = [{"experiment": {"key": "hero"}, "result": {"key": "0"}}]
    features = {"hero": {"defaultValue": 1, "rules": [{"force": 2, "tracks": tracks}]}}

    answer = evaluate_feature("hero", Context(payload=Payload(features)))

    assert (answer.value, answer.tracks) == (2, tracks)


@pytest.mark.parametrize(
    ("url", "wanted"), [("https://shop.example/pricing?x=1", True), ("https://shop.example/cart", False), ("", False)]
)
def test_an_experiment_on_some_pages_leaves_the_others_alone(url, wanted):
    pages = [{"include": True, "type": "simple", "pattern": "/pricing"}]

    answer = run_experiment(HERO | {"urlPatterns": pages}, Context({"id": "1"}, url=url))

    assert answer.in_experiment is wanted


def test_an_experiment_whose_list_of_pages_is_empty_is_nowhere():
    assert not run_experiment(HERO | {"urlPatterns": []}, Context({"id": "1"}, url="/")).in_experiment


@pytest.mark.parametrize("status", ["draft", "stopped"])
def test_nobody_enters_an_experiment_that_does_not_run(status):
    assert not run_experiment(HERO | {"status": status}, Context({"id": "1"})).in_experiment


@given(st.dictionaries(st.just("id"), st.recursive(st.none() | st.booleans() | st.floats() | st.text(), st.lists)))
def test_any_value_of_the_hash_attribute_gets_an_answer(attributes):
    answer = run_experiment(HERO, Context(attributes))

    assert answer.value == HERO["variations"][answer.variation_id]


@given(st.none() | st.booleans() | st.floats() | st.text() | st.integers() | st.lists(st.integers()))
def test_a_variation_forced_from_outside_is_one_that_there_is_or_the_control(forced):
    answer = run_experiment(HERO, Context({"id": "1"}, forced_variations={"hero": forced}))

    assert answer.hash_used is False
    assert answer.in_experiment is (type(forced) is int and forced in (0, 1))


def test_equal_conditions_of_two_groups_of_visitors_are_kept_apart():
    one, other = ({"hero": {"rules": [{"force": 1, "condition": {"id": {"$inGroup": "vip"}}}]}} for _ in range(2))

    answers = [
        evaluate_feature("hero", Context({"id": "7"}, Payload(features, {"vip": members})))
        for features, members in ((one, ["7"]), (other, ["8"]))
    ]

    assert [answer.value for answer in answers] == [1, None]
