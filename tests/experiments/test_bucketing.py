"""Bucketing against GrowthBook's own cases, and the shape of the split."""

import json
import math

import pytest

from experiments.bucketing import BUCKETS, bucket, bucket_count, bucket_ranges, choose, fnv1a32, shares


@pytest.fixture(scope="module")
def cases(shared):
    return json.loads((shared / "vectors" / "growthbook_cases.json").read_text())


def test_hash_version_2_agrees_with_growthbook(cases):
    wanted = [case for case in cases["hash"] if case[2] == 2]

    assert wanted
    assert [bucket(seed, value) for seed, value, *_ in wanted] == [place for *_, place in wanted]


def test_bucket_ranges_agree_with_growthbook(cases):
    for name, (count, coverage, weights), wanted in cases["getBucketRange"]:
        found = [(round(start, 6), round(end, 6)) for start, end in bucket_ranges(count, coverage, weights)]

        assert found == [tuple(limits) for limits in wanted], name


def test_choices_agree_with_growthbook(cases):
    for name, place, ranges, wanted in cases["chooseVariation"]:
        assert choose(place, ranges) == (None if wanted == -1 else wanted), name


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
