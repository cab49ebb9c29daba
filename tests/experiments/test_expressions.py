"""Regular expressions as JavaScript reads them, in time that grows with the text only."""

import random
import re
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from experiments.expressions import LONGEST_PATTERN, LONGEST_TEXT, MOST_REMEMBERED, complaint, expression

# In these, without line ends, Python's expressions and JavaScript's mean the same.
ATOMS = st.sampled_from(["a", "b", "c", ".", "[ab]", "[^a]", "[a-b]", r"\.", r"\d", r"\w", r"\b", "^", "$"])
PATTERNS = st.recursive(
    ATOMS,
    lambda part: st.one_of(
        st.lists(part, min_size=1, max_size=3).map("".join),
        st.lists(part, min_size=1, max_size=3).map(lambda options: f"({'|'.join(options)})"),
        st.tuples(part, st.sampled_from(["*", "+", "?", "{2}", "{1,2}", "{1,}", "*?"])).map(
            lambda pair: f"(?:{pair[0]}){pair[1]}"
        ),
    ),
    max_leaves=8,
)


@settings(max_examples=500)
@given(PATTERNS, st.lists(st.text("abc.1 ", max_size=8), min_size=1, max_size=5))
def test_plain_patterns_find_what_python_finds(pattern, texts):
    found = expression(pattern)

    assert [found(text) for text in texts] == [re.search(pattern, text) is not None for text in texts]


# What Node 20 answers to new RegExp(pattern, flags).test(text).
@pytest.mark.parametrize(
    ("pattern", "any_case", "text", "wanted"),
    [
        ("b$", False, "b\n", False),
        (r"^\d$", False, "٣", False),
        (r"^\w$", False, "ж", False),
        (r"^\s$", False, "\ufeff", True),
        ("^.$", False, "\u2028", False),
        ("^.$", False, "😀", False),
        ("^..$", False, "😀", True),
        (r"\bABC", False, "жABC", True),
        ("ПРОМО", True, "весняне промо", True),
        ("ſ", True, "s", False),
        ("µ", True, "Μ", True),
        ("ß", True, "ẞ", False),
        ("[]", False, "a", False),
        ("^[^]$", False, "\n", True),
        (r"\A", False, "A", True),
        ("a{,2}", False, "a{,2}", True),
        ("(?<name>a)b", False, "ab", True),
        (r"^[\w-.]+$", False, "a-b.c", True),
        (r"\u0436\x41\/", False, "жA/", True),
        ("/shop/", False, "/shop/1", True),
    ],
)
def test_patterns_mean_what_they_mean_in_javascript(pattern, any_case, text, wanted):
    assert expression(pattern, any_case=any_case)(text) is wanted


@pytest.mark.parametrize(
    "pattern",
    [
        *("(", ")", "a)", "[a", "*", "a**", "^*", "{2}", "a{2,1}", "[b-a]", "(?a)", "\\", "(?<n>a)(?<n>b)", "(?P<n>a)"),
        *(r"(a)\1", "(?=a)", "(?<!a)b", "(a{100}){100}", "(){999999999}", "(" * 40 + ")" * 40, "a" * 501),
    ],
)
def test_a_pattern_that_cannot_be_used_is_refused_with_a_reason(pattern):
    assert expression(pattern) is None
    assert complaint(pattern).startswith("This regular expression cannot be used: ")


@pytest.mark.parametrize(
    "pattern", ["(a+)+$", "(a|a)*b", "(a?){30}a{30}b", ".*.*.*.*.*x", r"(\w+\s?)+$", "((a{1,20}){1,20})b"]
)
def test_no_pattern_takes_long_over_a_text(pattern):
    # Python's own expressions would need longer than the age of the universe for most of these.
    assert expression(pattern)("a" * (LONGEST_TEXT - 1) + "!") is False


@pytest.mark.parametrize("pattern", [".{0,450}z", "(?:.{0,20}){20}z", "a.{400}z", "a.{0,255}b.{0,255}c"])
def test_a_text_that_may_be_in_hundreds_of_states_takes_moments(pattern):
    found, chosen = expression(pattern), random.Random(7)
    texts = ["".join(chosen.choices(signs, k=LONGEST_TEXT)) for signs in ("ab", list(map(chr, range(256, 9_999))))]

    started = time.process_time()
    assert not any(found(text) for text in texts)

    # Some hundredths of a second; with sets of states it took three.
    assert time.process_time() - started < 1


def test_longer_texts_and_patterns_are_not_tried():
    found = expression("a" * LONGEST_PATTERN)

    assert found("a" * LONGEST_TEXT) is True
    assert found("a" * (LONGEST_TEXT + 1)) is False


def test_forgetting_what_was_seen_of_texts_changes_no_answer():
    found = expression("x[^y]{100}y$")

    # Each new character is remembered with a hundred states.
    for start in range(0x4E00, 0x4E00 + 2 * MOST_REMEMBERED // 100, 100):
        text = "".join(map(chr, range(start, start + 100)))
        assert [found(f"x{text}y"), found(f"x{text}zy"), found(f"x{text}")] == [True, False, False]


@given(st.text(max_size=20), st.text(max_size=20))
def test_no_pattern_and_no_text_raise(pattern, text):
    found = expression(pattern)

    assert (found is None) is (complaint(pattern) is not None)
    assert found is None or found(text) in (True, False)
