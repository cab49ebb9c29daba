"""Rules of a form and GrowthBook's conditions: there and back, and both mean the same."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from experiments.audience import OPERATORS, Rule, from_condition, operators_for, to_condition, wrong
from experiments.targeting import compile_condition, complaint

LISTS = {"vip": ("ann", "bob")}
NAMES = st.text(min_size=1, max_size=30).filter(lambda name: not name.startswith("$"))
TEXTS = st.text(min_size=1, max_size=40) | st.text("a.*😀", min_size=200, max_size=300)
NUMBERS = st.integers(-(2**53), 2**53) | st.floats(-1e9, 1e9, allow_nan=False)
VALUES = {
    "text": TEXTS,
    "number": NUMBERS,
    "texts": st.lists(TEXTS, min_size=1, max_size=5).map(tuple),
    "list": TEXTS,
    "nothing": st.none(),
}
RULES = (
    st.sampled_from(sorted(OPERATORS))
    .flatmap(lambda name: st.builds(Rule, NAMES, st.just(name), VALUES[OPERATORS[name].takes]))
    .filter(lambda rule: wrong(rule) is None)
)
GROUPS = st.lists(st.lists(RULES, min_size=1, max_size=4).map(tuple), max_size=4).map(tuple)


def holds(rule: Rule, **attributes: Any) -> bool:
    return compile_condition(to_condition([(rule,)]), LISTS)(attributes)


@given(GROUPS)
def test_what_is_saved_is_read_back_as_it_was_entered(groups):
    condition = to_condition(groups)

    assert from_condition(condition) == groups
    assert complaint(condition) is None


@given(GROUPS, st.dictionaries(NAMES, TEXTS | NUMBERS | st.booleans(), max_size=3))
def test_any_group_will_do_and_all_its_rules_must_hold(groups, attributes):
    met = [all(compile_condition(to_condition([(rule,)]), {})(attributes) for rule in group) for group in groups]

    assert compile_condition(to_condition(groups), {})(attributes) == (any(met) or not groups)


@pytest.mark.parametrize(
    ("operator", "value", "seen", "met"),
    [
        ("is", "PL", "PL", True),
        ("is", "PL", "DE", False),
        ("is_not", "PL", "DE", True),
        ("one_of", ("PL", "DE"), "DE", True),
        ("none_of", ("PL", "DE"), "DE", False),
        ("contains", "a.b*", "xa.b*y", True),
        ("contains", "a.b*", "xacby", False),
        ("starts_with", "/shop", "/shop/cart", True),
        ("starts_with", "/shop", "/my/shop", False),
        ("ends_with", "?q=1", "/x?q=1", True),
        ("ends_with", "?q=1", "/x?q=12", False),
        ("yes", None, True, True),
        ("yes", None, False, False),
        ("no", None, False, True),
        ("equals", 3, 3, True),
        ("at_least", 3, 2.9, False),
        ("at_most", 3, 3, True),
        ("in_list", "vip", "ann", True),
        ("not_in_list", "vip", "ann", False),
        ("known", None, "x", True),
        ("unknown", None, "x", False),
    ],
)
def test_each_operator_means_what_it_says(operator, value, seen, met):
    assert holds(Rule("what", operator, value), what=seen) is met


def test_nobody_told_is_unknown():
    assert holds(Rule("plan", "unknown"))
    assert not holds(Rule("plan", "known"))


@pytest.mark.parametrize(
    "condition",
    [
        {"$not": {"country": "PL"}},
        {"$or": []},
        {"$or": [{"country": "PL"}, {}]},
        {"country": {"$in": ["PL", 3]}},
        {"country": None},
        {"country": {}},
        {"country": {"$veq": "1.2"}},
        {"path": {"$regex": "^/(a|b)$"}},
        {"path": {"$regex": "^/x$"}},
        {"country": "PL", "$or": [{"os": "iOS"}]},
        {"tags": {"$elemMatch": {"$eq": "x"}}},
        {"$and": [{"country": "PL"}, {"$or": [{"os": "iOS"}]}]},
        [],
        "country",
    ],
)
def test_what_the_form_cannot_say_is_not_guessed(condition):
    assert from_condition(condition) is None


def test_several_attributes_in_one_object_are_rules_that_must_all_hold():
    found = from_condition({"country": "PL", "age": {"$gte": 18, "$lte": 65}})

    assert found == ((Rule("country", "is", "PL"), Rule("age", "at_least", 18), Rule("age", "at_most", 65)),)


@pytest.mark.parametrize(
    ("rule", "code"),
    [
        (Rule("", "is", "x"), "attribute"),
        (Rule("$or", "is", "x"), "attribute"),
        (Rule("country", "resembles", "x"), "operator"),
        (Rule("country", "is", ""), "value"),
        (Rule("country", "one_of", ()), "value"),
        (Rule("age", "at_least", "many"), "number"),
        (Rule("age", "at_least", float("nan")), "number"),
        (Rule("country", "is", "x" * 301), "long"),
        (Rule("path", "contains", "." * 251), "long"),
        (Rule("path", "contains", "." * 250), None),
        (Rule("country", "is", "PL"), None),
        (Rule("country", "known"), None),
    ],
)
def test_what_is_wrong_with_a_rule_has_a_code(rule, code):
    assert wrong(rule) == code


def test_every_kind_of_attribute_is_asked_what_fits_it():
    assert operators_for("boolean", has_choices=False)[:2] == ("yes", "no")
    assert "contains" not in operators_for("country", has_choices=False)
    assert "contains" in operators_for("text", has_choices=False)
    assert set(operators_for("", has_choices=False)) == set(OPERATORS)
