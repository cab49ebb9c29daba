"""Bucketing against GrowthBook's own cases, and the shape of the split."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from experiments.bucketing import (
    BUCKETS,
    bucket,
    bucket_count,
    bucket_ranges,
    choose,
    equal_weights,
    fnv1a32,
    in_namespace,
    place,
    place_of,
    query_override,
    query_value,
    shares,
    whole_places,
)
from tests.growthbook_cases import growthbook, named

# Any text that JavaScript can hold, halves of surrogate pairs included; Polish, Cyrillic and emoji more often.
TEXTS = st.text(st.characters(exclude_categories=()) | st.sampled_from("łżąЖїя😀🇵🇱\ud83d\ude00")) | st.text(
    st.characters(max_codepoint=127)
)


def slow_fnv1a32(text):
    """From the definition (offset, then xor and multiply), the product by shifts as the reference code has it."""
    value = 0x811C9DC5
    for character in text:
        point = ord(character)
        pair = (0xD800 + (point - 0x10000 >> 10), 0xDC00 + (point & 0x3FF)) if point > 0xFFFF else (point,)
        for unit in pair:
            value ^= unit
            value = (value + (value << 1) + (value << 4) + (value << 7) + (value << 8) + (value << 24)) % 2**32
    return value


@given(TEXTS)
def test_any_text_is_hashed_as_the_definition_says(text):
    assert fnv1a32(text) == slow_fnv1a32(text)


@given(TEXTS, TEXTS)
def test_a_place_is_the_hash_of_the_decimal_digits_of_the_hash(seed, unit):
    assert place_of(seed, unit) == slow_fnv1a32(str(slow_fnv1a32(seed + unit))) % 10_000
    assert bucket(seed, unit) == place_of(seed, unit) / 10_000


@given(st.text(st.characters(max_codepoint=127)), st.text(st.characters(max_codepoint=127)))
def test_the_fast_way_for_ascii_gives_the_same_place(seed, unit):
    assert place(seed.encode(), unit.encode()) == place_of(seed, unit)


@pytest.mark.parametrize(("seed", "unit", "version", "wanted"), growthbook()["hash"])
def test_hashes_agree_with_growthbook(seed, unit, version, wanted):
    assert bucket(seed, unit, version) == wanted


@pytest.mark.parametrize(("arguments", "wanted"), named("getBucketRange"))
def test_bucket_ranges_agree_with_growthbook(arguments, wanted):
    found = [(round(start, 6), round(end, 6)) for start, end in bucket_ranges(*arguments)]

    assert found == [tuple(limits) for limits in wanted]


@pytest.mark.parametrize(("place", "ranges", "wanted"), named("chooseVariation"))
def test_choices_agree_with_growthbook(place, ranges, wanted):
    assert choose(place, ranges) == (None if wanted == -1 else wanted)


@pytest.mark.parametrize(("unit", "part", "wanted"), named("inNamespace"))
def test_namespaces_agree_with_growthbook(unit, part, wanted):
    assert in_namespace(unit, part) is wanted


@pytest.mark.parametrize(("count", "wanted"), growthbook()["getEqualWeights"])
def test_equal_weights_agree_with_growthbook(count, wanted):
    assert [round(weight, 8) for weight in equal_weights(count)] == wanted


@pytest.mark.parametrize(("key", "url", "count", "wanted"), named("getQueryStringOverride"))
def test_overrides_in_an_address_agree_with_growthbook(key, url, count, wanted):
    assert query_override(key, url, count) == wanted


def test_the_first_value_in_an_address_counts_and_is_not_decoded():
    assert query_value("hero", "https://shop.example/?a=1&hero=gr%65en&hero=2#hero=3") == "gr%65en"
    assert query_value("hero", "https://shop.example/?hero") == ""
    assert query_value("hero", "https://shop.example/#hero=1") is None


@given(TEXTS, st.integers(0, 5))
def test_no_address_makes_an_override_that_is_not_there(tail, count):
    index = query_override("hero", f"https://shop.example/?hero={tail}", count)

    assert index is None or 0 <= index < count


def test_more_digits_than_a_number_may_have_are_no_override():
    assert query_override("hero", f"/?hero={'0' * 5_000}1", 2) is None


@given(st.floats(0, 1), st.floats(0, 1))
def test_whole_places_hold_exactly_what_the_range_holds(start, end):
    first, last = whole_places((start, end))

    for number in {0, first - 1, first, last - 1, last, BUCKETS - 1} & set(range(BUCKETS)):
        assert (first <= number < last) == (start <= number / BUCKETS < end)


def test_ids_beyond_ascii_are_hashed_by_utf16_code_units():
    # Published FNV-1a test value for "foobar"; then what JavaScript's charCodeAt gives for other alphabets.
    assert fnv1a32("foobar") == 0xBF9CF968
    assert fnv1a32("ż") == (0x811C9DC5 ^ 0x17C) * 0x01000193 % 2**32
    assert fnv1a32("😀") == ((0x811C9DC5 ^ 0xD83D) * 0x01000193 % 2**32 ^ 0xDE00) * 0x01000193 % 2**32


def test_a_hundred_thousand_visitors_split_within_four_standard_errors():
    parts = shares([2, 5, 3])
    ranges = bucket_ranges(3, 1.0, parts)
    counts = [0, 0, 0]

    for number in range(100_000):
        counts[choose(bucket("seed", f"visitor-{number}"), ranges)] += 1

    for count, share in zip(counts, parts, strict=True):
        assert abs(count - 100_000 * share) < 4 * math.sqrt(100_000 * share * (1 - share))


def test_growing_coverage_moves_nobody_who_was_in():
    small, large = (bucket_ranges(2, coverage, [0.5, 0.5]) for coverage in (0.1, 0.6))

    for number in range(5_000):
        before = choose(bucket("seed", str(number)), small)
        assert before is None or choose(bucket("seed", str(number)), large) == before


def test_every_bucket_belongs_to_one_variant():
    ranges = bucket_ranges(3, 1.0, shares([1, 1, 1]))

    assert sum(map(bucket_count, ranges)) == BUCKETS
    assert max(map(bucket_count, ranges)) - min(map(bucket_count, ranges)) <= 1


@pytest.mark.parametrize("weights", [[], [0, 0], [1, -1]])
def test_weights_that_cannot_be_shared_out_are_refused(weights):
    with pytest.raises(ValueError, match="weights"):
        shares(weights)
