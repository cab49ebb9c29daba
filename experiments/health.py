"""Is the test itself sound? Checks over tallies; a new one is one function and one line. Worker side: uses scipy."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from experiments.bucketing import bucket_count
from experiments.plan import Plan
from experiments.rows import Case
from experiments.stats.balance import BALANCE_ALARM
from experiments.stats.ratio_check import sample_ratio
from experiments.tallies import Tallied

Status = Literal["ok", "warning", "failed", "unknown"]

# Looked at once, after the end: 0.001 and not 0.05, since a false alarm throws away a sound test.
SAMPLE_RATIO_ALARM = 0.001
# Looked at all day by a test that allows it: one sound test in a hundred is stopped in vain, at most, ever.
ALWAYS_VALID_ALARM = 0.01
# People who met two variants dilute every difference; beyond one in a hundred the numbers mislead.
MOST_LEFT_OUT = 0.01


@dataclass(frozen=True, slots=True)
class Check:
    """``blocks``: no verdict while it fails."""

    code: str
    status: Status
    detail: str
    p_value: float | None = None
    always_valid_p_value: float | None = None
    blocks: bool = False


def expected_shares(plan: Plan) -> list[float]:
    """Shares of the traffic in the order of the variants: counted in buckets, or as the other system was told."""
    if plan.external:
        return [variant.weight for variant in plan.variants]
    counts = [bucket_count(variant.bounds) for variant in plan.variants]
    return [count / (sum(counts) or 1) for count in counts]


def _sample_ratio(case: Case) -> Check:
    plan, tallied = case.plan, case.tallied
    observed = [tallied.enrolled.get(variant.key, 0) for variant in plan.variants]
    found = sample_ratio(observed, expected_shares(plan))
    if found.p_value is None or found.always_valid_p_value is None:
        return Check("sample_ratio", "unknown", found.reason.detail if found.reason else "")
    if case.standing.imported:
        alarm = found.p_value < SAMPLE_RATIO_ALARM
    else:
        alarm = found.always_valid_p_value < ALWAYS_VALID_ALARM
    failed = alarm or found.reason is not None
    return Check(
        code="sample_ratio",
        status="failed" if failed else "ok",
        detail="People are not split as planned, so the variants cannot be compared."
        if failed
        else "People are split as planned.",
        p_value=found.p_value,
        always_valid_p_value=found.always_valid_p_value,
        blocks=failed,
    )


def _share_left_out(reason: str) -> Callable[[Case], Check]:
    def check(case: Case) -> Check:
        count = case.tallied.left_out(reason)
        share = count / (case.tallied.people + count) if count else 0.0
        alarming = share > MOST_LEFT_OUT or _uneven(reason, case.plan, case.tallied)
        status: Status = "warning" if alarming else "ok"
        return Check(reason, status, f"{count} people ({share:.2%}) are left out as {reason}.")

    return check


def _uneven(reason: str, plan: Plan, tallied: Tallied) -> bool:
    """Whether the variants lose different shares of their people to this: then even a few of them mislead."""
    lost = [tallied.excluded.get(reason, {}).get(variant.key, 0) for variant in plan.variants]
    came = [tallied.enrolled.get(variant.key, 0) + gone for variant, gone in zip(plan.variants, lost, strict=True)]
    p_value = sample_ratio(lost, came).p_value
    return p_value is not None and p_value < SAMPLE_RATIO_ALARM


def _balance(case: Case) -> Check:
    """Whether people differed before they met a variant: then something else than the split chose them."""
    found = (case.refined or {}).get("balance")
    if found is None or found["p_value"] is None:
        return Check("balance", "unknown", "Nothing is known of people before they met a variant.")
    if found["p_value"] < BALANCE_ALARM:
        detail = f"People differed before they met a variant, most in {found['worst']}."
        return Check("balance", "warning", detail, found["p_value"])
    return Check("balance", "ok", "People were alike before they met a variant.", found["p_value"])


def _set_aside(case: Case) -> Check:
    count = case.tallied.set_aside
    return Check("events_set_aside", "warning" if count else "ok", f"{count} visitors could not be counted.")


CHECKS: dict[str, Callable[[Case], Check]] = {
    "sample_ratio": _sample_ratio,
    "mixed": _share_left_out("mixed"),
    "mismatch": _share_left_out("mismatch"),
    "balance": _balance,
    "events_set_aside": _set_aside,
}


def checks_of(case: Case) -> list[Check]:
    """A check that has nothing to check on is left out, unless it is the one that blocks."""
    checks = [check(case) for check in CHECKS.values()]
    return [check for check in checks if check.status != "unknown" or check.code == "sample_ratio"]


def overall(checks: list[Check]) -> Status:
    order: list[Status] = ["failed", "warning", "unknown", "ok"]
    return next(status for status in order if any(check.status == status for check in checks))
