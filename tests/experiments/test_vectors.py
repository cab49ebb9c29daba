"""docs/vectors/assignment.json: it says what the code does, and the published definition alone gives the same."""

import json
import re

import pytest

from tests.vectors import FILE, IDS, PLANS, text

PAGE = FILE.parents[1] / "assignment.md"
PUBLISHED = json.loads(FILE.read_text(encoding="utf-8"))


def test_the_published_vectors_are_what_the_code_gives():
    assert FILE.read_text(encoding="utf-8") == text(), "if this is meant: python -m tests.vectors"


def test_they_hold_every_alphabet_and_every_outcome():
    assert {plan["name"] for plan in PUBLISHED["plans"]} == set(PLANS)
    reasons = {case["reason"] for plan in PUBLISHED["plans"] for case in plan["cases"]}
    assert reasons == {"assigned", "outside_coverage", "holdout", "outside_namespace", "prerequisite"}
    assert sum(not name.isascii() for name in IDS) > 20


# From here on nothing of ours: docs/assignment.md, written down a second time.


def fnv(text: str) -> int:
    """FNV-1a of 32 bits, constants from its authors' page; each UTF-16 code unit, as charCodeAt gives it, at once."""
    value = 0x811C9DC5
    for character in text:
        code = ord(character)
        high_and_low = [0xD800 + (code - 0x10000 >> 10), 0xDC00 + (code - 0x10000 & 0x3FF)] if code > 0xFFFF else [code]
        for unit in high_and_low:
            value = ((value ^ unit) * 0x01000193) % 0x100000000
    return value


def second_version(seed: str, unit_id: str) -> int:
    return fnv(str(fnv(seed + unit_id))) % 10_000


def first_version(seed: str, unit_id: str) -> int:
    return fnv(unit_id + seed) % 1_000


def holds(filter_, unit_id):
    version = filter_["version"]
    place = (
        second_version(filter_["seed"], unit_id) / 10_000
        if version == 2
        else first_version(filter_["seed"], unit_id) / 1_000
    )
    return any(start <= place < end for start, end in filter_["ranges"])


def decided(plan, unit_id):
    for filter_ in plan["filters"]:
        if not holds(filter_, unit_id):
            return None, filter_["reason"]
    place, start = second_version(plan["seed"], unit_id) / 10_000, 0.0
    for index, weight in enumerate(plan["weights"]):
        if start <= place < start + plan["coverage"] * weight:
            return index, "assigned"
        start += weight
    return None, "outside_coverage"


def test_the_definition_alone_gives_the_same_hashes():
    for row in PUBLISHED["hashes"]:
        assert (second_version(row["seed"], row["id"]), first_version(row["seed"], row["id"])) == (row["v2"], row["v1"])


@pytest.mark.parametrize("plan", PUBLISHED["plans"], ids=lambda plan: plan["name"])
def test_the_definition_alone_gives_the_same_variants(plan):
    for case in plan["cases"]:
        assert second_version(plan["seed"], case["id"]) == case["bucket"]
        assert decided(plan, case["id"]) == (case["variant"], case["reason"]), case["id"]


def test_the_authors_of_fnv_give_the_same():
    # Of the test suite on their page, for texts: "", "a", "foobar".
    assert [fnv(text) for text in ("", "a", "foobar")] == [0x811C9DC5, 0xE40C292C, 0xBF9CF968]


def test_the_function_on_the_page_gives_the_same_variants():
    (code,) = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    names = {}
    exec(code, names)

    for plan in PUBLISHED["plans"]:
        for case in plan["cases"] if not plan["filters"] else ():
            found = names["variant"](plan["seed"], case["id"], plan["coverage"], plan["weights"])
            assert found == case["variant"], (plan["name"], case["id"])
