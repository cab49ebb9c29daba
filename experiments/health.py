"""Is the test itself sound? Checks over tallies; a new one is one function and one line. Worker side: uses scipy."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from experiments.bucketing import bucket_count
from experiments.plan import Plan
from experiments.queries import Tallied
from experiments.stats.ratio_check import sample_ratio

Status = Literal["ok", "warning", "failed", "unknown"]

# 0.001 and not 0.05: the check runs all day, and a false alarm stops a sound test.
SAMPLE_RATIO_ALARM = 0.001
# People who met two variants dilute every difference; beyond one in a hundred the numbers mislead.
MOST_LEFT_OUT = 0.01


@dataclass(frozen=True, slots=True)
class Check:
    """``blocks``: no verdict while it fails."""

    code: str
    status: Status
    detail: str
    p_value: float | None = None
    blocks: bool = False


def expected_shares(plan: Plan) -> list[float]:
    """Shares of the traffic in the order of the variants: counted in buckets, or as the other system was told."""
    if plan.external:
        return [variant.weight for variant in plan.variants]
    counts = [bucket_count(variant.bounds) for variant in plan.variants]
    return [count / (sum(counts) or 1) for count in counts]


def _sample_ratio(plan: Plan, tallied: Tallied) -> Check:
    observed = [tallied.enrolled.get(variant.key, 0) for variant in plan.variants]
    found = sample_ratio(observed, expected_shares(plan))
    code = "sample_ratio"
    if found.p_value is None:
        return Check(code, "unknown", found.reason.detail if found.reason else "")
    if found.p_value < SAMPLE_RATIO_ALARM or found.reason is not None:
        detail = "People are not split as planned, so the variants cannot be compared."
        return Check(code, "failed", detail, found.p_value, blocks=True)
    return Check(code, "ok", "People are split as planned.", found.p_value)


def _share_left_out(reason: str) -> Callable[[Plan, Tallied], Check]:
    def check(plan: Plan, tallied: Tallied) -> Check:
        count = tallied.left_out(reason)
        share = count / (tallied.people + count) if count else 0.0
        alarming = share > MOST_LEFT_OUT or _uneven(reason, plan, tallied)
        status: Status = "warning" if alarming else "ok"
        return Check(reason, status, f"{count} people ({share:.2%}) are left out as {reason}.")

    return check


def _uneven(reason: str, plan: Plan, tallied: Tallied) -> bool:
    """Whether the variants lose different shares of their people to this: then even a few of them mislead."""
    lost = [tallied.excluded.get(reason, {}).get(variant.key, 0) for variant in plan.variants]
    came = [tallied.enrolled.get(variant.key, 0) + gone for variant, gone in zip(plan.variants, lost, strict=True)]
    p_value = sample_ratio(lost, came).p_value
    return p_value is not None and p_value < SAMPLE_RATIO_ALARM


def _set_aside(_: Plan, tallied: Tallied) -> Check:
    count = tallied.set_aside
    return Check("events_set_aside", "warning" if count else "ok", f"{count} visitors could not be counted.")


CHECKS: dict[str, Callable[[Plan, Tallied], Check]] = {
    "sample_ratio": _sample_ratio,
    "mixed": _share_left_out("mixed"),
    "mismatch": _share_left_out("mismatch"),
    "events_set_aside": _set_aside,
}


def checks_of(plan: Plan, tallied: Tallied) -> list[Check]:
    return [check(plan, tallied) for check in CHECKS.values()]


def overall(checks: list[Check]) -> Status:
    order: list[Status] = ["failed", "warning", "unknown", "ok"]
    return next(status for status in order if any(check.status == status for check in checks))
