"""Writes docs/vectors/assignment.json (``python -m tests.vectors``): other languages check themselves against it."""

import json
from pathlib import Path
from typing import Any

import msgspec

from experiments.assignment import Outcome, Question, compiled
from experiments.bucketing import BUCKETS, OLD_BUCKETS, bucket, bucket_ranges, place_of, shares
from experiments.plan import Filter, Plan, PlannedVariant

FILE = Path(__file__).parent.parent / "docs" / "vectors" / "assignment.json"
ABOUT = "Who gets which variant: see docs/assignment.md. Weights are shares of 1; ranges are half-open."
IDS = [
    *(f"visitor-{number}" for number in range(40)),
    *("a", "A", "ann", "Ann", "0001", "1", "3f8c1c3e-8a52-4a55-9c1e-2f1d0a6b7c8d", "ann@example.com", "x" * 200),
    *("two words", "a  b", "line\tless", "50%", "a/b?c=d&e", '"quoted"', "back\\slash", "__namespace"),
    *("Zażółć gęślą jaźń", "łódź", "Łódź", "Świętosława-7", "źdźbło", "ąćęłńóśźż"),
    *("відвідувач", "Відвідувач-12", "їжак", "посетитель", "Ёлка", "ґанок"),
    *("😀", "👍🏽", "👨‍👩‍👧‍👦", "visitor-😀-1", "🇵🇱", "日本語", "é", "한국어", "\u00a0nbsp", "ﬁ"),
]
THIRDS = (1 / 3, 1 / 3, 1 / 3)
# name: seed, coverage, weights, filters
PLANS: dict[str, tuple[str, float, tuple[float, ...], tuple[Filter, ...]]] = {
    "two alike": ("5f2a9c0d1b3e4f60", 1.0, (1, 1), ()),
    "three alike": ("a1", 1.0, THIRDS, ()),
    "weights 20/50/30, coverage 0.37": ("0123456789abcdef", 0.37, (20, 50, 30), ()),
    "a variant without people": ("seed", 0.5, (3, 0, 1), ()),
    "ten variants": ("many", 0.95, (1,) * 10, ()),
    "a holdout": ("held", 1.0, (1, 1), (Filter("holdout", "holdout-1", ((0.2, 1.0),)),)),
    "an exclusion group": ("group", 1.0, (1, 1), (Filter("outside_namespace", "__checkout", ((0.25, 0.75),), 1),)),
    "only people of another test": (
        "after",
        0.8,
        (1, 2),
        (
            Filter("holdout", "holdout-1", ((0.1, 1.0),)),
            Filter("outside_namespace", "__checkout", ((0.0, 0.4), (0.6, 1.0)), 1),
            Filter("prerequisite", "before", ((0.0, 0.3), (0.5, 0.9))),
        ),
    ),
}


def vectors() -> dict[str, Any]:
    return {"about": ABOUT, "hashes": _hashes(), "plans": [_tried(name) for name in PLANS]}


def plan_named(name: str) -> Plan:
    seed, coverage, weights, filters = PLANS[name]
    parts = shares(weights)
    limits = bucket_ranges(len(parts), coverage, parts)
    variants = tuple(
        PlannedVariant(f"v{place}", f"Variant {place}", place == 0, parts[place], limits[place], {})
        for place in range(len(parts))
    )
    return Plan("hero", "json", "visitor", seed, coverage, 0.05, variants, (), filters=filters)


def _hashes() -> list[dict[str, Any]]:
    """Version 2 has 10,000 buckets, version 1 has 1,000."""
    return [
        {
            "seed": seed,
            "id": unit_id,
            "v2": place_of(seed, unit_id),
            "v1": round(bucket(seed, unit_id, 1) * OLD_BUCKETS),
        }
        for seed in ("", "seed", "__checkout", "насіння-ż")
        for unit_id in IDS
    ]


def _tried(name: str) -> dict[str, Any]:
    plan = plan_named(name)
    one = compiled(plan, phase=1)
    return {
        "name": name,
        "seed": plan.seed,
        "coverage": plan.coverage,
        "weights": [variant.weight for variant in plan.variants],
        "ranges": [list(variant.bounds) for variant in plan.variants],
        "filters": msgspec.to_builtins(plan.filters),
        "buckets": BUCKETS,
        "cases": [
            {"id": unit_id, "bucket": place_of(plan.seed, unit_id), **_answer(one.assign(Question(unit_id)))}
            for unit_id in IDS
        ],
    }


def _answer(outcome: Outcome) -> dict[str, Any]:
    return {"variant": int(outcome.variant.key[1:]) if outcome.in_experiment else None, "reason": outcome.reason}


def text() -> str:
    """A line a case, so that a change can be read."""
    content = vectors()
    lines = [f'{{\n"about": {json.dumps(content["about"])},\n"hashes": [']
    lines.append(",\n".join(json.dumps(row, ensure_ascii=False) for row in content["hashes"]))
    lines.append('],\n"plans": [')
    lines.append(",\n".join(_plan_text(plan) for plan in content["plans"]))
    return "\n".join([*lines, "]\n}\n"])


def _plan_text(plan: dict[str, Any]) -> str:
    head = json.dumps({name: value for name, value in plan.items() if name != "cases"}, ensure_ascii=False)
    cases = ",\n".join(json.dumps(case, ensure_ascii=False) for case in plan["cases"])
    return f'{head[:-1]}, "cases": [\n{cases}\n]}}'


if __name__ == "__main__":
    FILE.parent.mkdir(exist_ok=True)
    FILE.write_text(text(), encoding="utf-8")
