"""The condition language against GrowthBook's own cases, and against everything that strangers may send."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from experiments import javascript
from experiments.checks import OPERATORS
from experiments.conditions import WANTS
from experiments.targeting import DEEPEST, attributes_in, compile_condition, complaint, explained, words
from tests.growthbook_cases import named

CASES = [
    case if len(case.values) == 4 else pytest.param(*case.values, {}, id=case.id) for case in named("evalCondition")
]
TEXTS = st.sampled_from(["", "7", "abc", "null", "Ж", "😀", "1.2.3", "a.b", "$x"]) | st.text(max_size=5)
PLAIN = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | TEXTS
JSON = st.recursive(
    PLAIN, lambda part: st.lists(part, max_size=3) | st.dictionaries(st.sampled_from("abc012"), part, max_size=3)
)
ATTRIBUTES = st.dictionaries(st.sampled_from("abc"), JSON)
NAMES = st.sampled_from(["a", "b", "c", "a.b", "b.0", "c.length", "$groups", "", "$savedGroup"])


def rules(inner):
    operators = st.sampled_from([*WANTS, "$unknown"])
    values = st.dictionaries(operators, inner | JSON, max_size=2) | JSON
    lists = st.lists(inner, max_size=3) | JSON
    logical = st.sampled_from(["$and", "$or", "$nor"])
    parts = [st.dictionaries(NAMES, values, max_size=2), st.dictionaries(logical, lists, max_size=2)]
    return st.one_of(*parts, inner.map(lambda part: {"$not": part}))


CONDITIONS = st.recursive(st.dictionaries(NAMES, JSON, max_size=2), rules, max_leaves=10)


@pytest.mark.parametrize(("condition", "attributes", "wanted", "groups"), CASES)
def test_conditions_agree_with_growthbook(condition, attributes, wanted, groups):
    assert compile_condition(condition, groups)(attributes) is wanted


@pytest.mark.parametrize(("condition", "attributes", "wanted", "groups"), CASES)
def test_a_condition_holds_when_each_of_its_explained_rules_does(condition, attributes, wanted, groups):
    assert all(held for _, held in explained(condition, groups, attributes)) is wanted


@settings(max_examples=300)
@given(CONDITIONS, ATTRIBUTES)
def test_any_condition_answers_for_any_attributes(condition, attributes):
    groups = {"7": (7, "7", None), "abc": ()}

    held = compile_condition(condition, groups)(attributes)

    assert held in (True, False)
    assert all(each for _, each in explained(condition, groups, attributes)) is held
    assert complaint(condition) is None or complaint(condition).endswith(".")


@settings(max_examples=300)
@given(CONDITIONS, ATTRIBUTES)
def test_only_the_attributes_that_it_names_decide(condition, attributes):
    read = attributes_in(condition)

    known = {name: value for name, value in attributes.items() if name in read}

    assert compile_condition(condition, {})(known) is compile_condition(condition, {})(attributes)


def test_names_of_attributes_are_found_at_every_level_and_not_within_lists():
    condition = {"$or": [{"a.b": 1}, {"$not": {"c": {"$elemMatch": {"d": 1}}}}], "$and": [{"$nor": [{"e": 2}]}]}

    assert attributes_in(condition) == {"a", "c", "e"}


def test_rules_are_explained_in_the_words_of_the_language():
    condition = {
        "country": {"$in": ["PL", "DE"]},
        "$or": [{"deviceType": "mobile"}, {"age": {"$gte": 18, "$lt": 30}}],
        "$not": {"returning": True},
    }

    assert explained(condition, {}, {"country": "FR", "age": 20, "returning": None}) == [
        ("country $in [PL, DE]", False),
        ("(deviceType = mobile) $or (age $gte 18 $and age $lt 30)", True),
        ("$not (returning = true)", True),
    ]
    assert words({}) == "$always"


@pytest.mark.parametrize(
    ("condition", "words"),
    [
        (None, "object"),
        ([], "object"),
        ({"a": {"$regx": "x"}}, "$regx"),
        ({"$groups": "x"}, "$groups"),
        ({"$savedGroup": {"id": "x"}}, "$savedGroup"),
        ({"": "x"}, "no name"),
        ({"a": {"$in": "x"}}, "$in needs a list"),
        ({"a": {"$gt": [1]}}, "a number or a text"),
        ({"a": {"$not": {"$exists": 1}}}, "true or false"),
        ({"a": {"$elemMatch": {"b": {"$type": 1}}}}, "a text"),
        ({"$and": {"a": 1}}, "list of conditions"),
        ({"$or": [1]}, "object"),
        ({"a": {"$regex": "(?=x)"}}, "looking ahead"),
        ({"a": {"$all": [{"$regexi": "("}]}}, "parenthesis"),
        ({"$or": [{"a": {"$regex": f"(a{{20}}){{40}}{number}"}} for number in range(100)]}, "too many steps together"),
        ({"a": {1, 2}}, "texts, numbers"),
        ({"a": ["x" * 1000] * 40}, "32 KB"),
    ],
)
def test_what_is_wrong_with_a_condition_is_said(condition, words):
    assert words in complaint(condition)


def test_a_condition_that_can_be_used_gives_no_complaint():
    condition = {"$or": [{"a": {"$in": [1, "x"]}}, {"b.c": {"$vgte": "1.2"}}], "d": {"$elemMatch": {"$regexi": "^x"}}}

    assert complaint(condition) is None
    assert complaint({}) is None


def test_the_depth_of_a_condition_is_limited():
    condition = {"a": 1}
    for _ in range(DEEPEST - 1):
        condition = {"$not": condition}

    assert complaint(condition) is None
    assert "levels" in complaint({"$not": condition})
    assert compile_condition({"$not": {"$not": condition}}, {})({"a": 1}) is False


def test_no_depth_of_attributes_exhausts_the_stack():
    deep = []
    for _ in range(5_000):
        deep = [deep]

    for wanted in ["x", 1, True, None, [], *({operator: 1} for operator in OPERATORS)]:
        assert compile_condition({"a": wanted}, {})({"a": deep}) in (True, False)


def test_a_newer_kind_of_rule_lets_nobody_in():
    assert (
        compile_condition({"$savedGroup": {"id": "x"}}, {"x": ["7"]})({"id": "7", "$savedGroup": {"id": "x"}}) is False
    )


def test_a_group_that_is_no_list_answers_neither_question():
    groups = {"broken": {"type": "condition"}}

    assert compile_condition({"id": {"$inGroup": "broken"}}, groups)({"id": 1}) is False
    assert compile_condition({"id": {"$notInGroup": "broken"}}, groups)({"id": 1}) is False


# By ECMAScript's Number::toString and StringToNumber; each was also asked of Node 20.
@pytest.mark.parametrize(
    ("number", "text"),
    [
        *((0, "0"), (-0.0, "0"), (1.0, "1"), (-7, "-7"), (0.1, "0.1"), (1e-6, "0.000001"), (1e-7, "1e-7")),
        *((1.5e-10, "1.5e-10"), (123456.789, "123456.789"), (1e20, "100000000000000000000"), (1e21, "1e+21")),
        *((2**60, "1152921504606847000"), (10**400, "Infinity"), (-math.inf, "-Infinity"), (math.nan, "NaN")),
    ],
)
def test_numbers_are_written_as_javascript_writes_them(number, text):
    assert javascript.text_of(number) == text


@pytest.mark.parametrize(
    ("text", "number"),
    [
        *(
            ("", 0),
            (" 7 ", 7),
            ("1e3", 1000),
            (".5", 0.5),
            ("5.", 5),
            ("0x1F", 31),
            ("0b11", 3),
            ("-Infinity", -math.inf),
        ),
        *(([], 0), (["8"], 8), (None, 0), (True, 1), ("0x" + "f" * 400, math.inf)),
    ],
)
def test_texts_are_read_as_numbers_as_javascript_reads_them(text, number):
    assert javascript.number_of(text) == number


@pytest.mark.parametrize("text", ["x", "1_000", "1,5", "0x", "- 1", "١", {}, [1, 2], "inf", "nan", "0o8"])
def test_what_is_no_number_is_not_a_number(text):
    assert math.isnan(javascript.number_of(text))


def test_texts_are_ordered_by_their_code_units():
    # U+FF5E is one unit and sorts behind 😀, whose first unit is U+D83D.
    assert compile_condition({"a": {"$gt": "😀"}}, {})({"a": "～"}) is True
