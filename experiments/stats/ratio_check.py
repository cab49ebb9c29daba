"""Do the arms have the people they should have? A mismatch means assignment or tracking lost some of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite

from scipy.stats import chisquare

from experiments.stats.answers import Reason, at_least_smallest

# Cochran 1954, Biometrics 10, 417: below it chi-square is no good approximation.
FEWEST_EXPECTED = 5


@dataclass(frozen=True, slots=True)
class RatioCheck:
    """Pearson's chi-square over the live arms; the numbers are present together or not at all.

    reason: why they are absent, or people_in_closed_arm, which stands beside them: an arm with share 0 has people.
    """

    statistic: float | None = None
    df: int | None = None
    p_value: float | None = None
    reason: Reason | None = None


def sample_ratio(observed: Sequence[int], shares: Sequence[float]) -> RatioCheck:
    """Compare people per arm with the arms' shares of the traffic.

    observed: persons per arm, >= 0. shares: in the same order, >= 0, of any sum; an arm with share 0 is closed and
    adds no degree of freedom. ValueError when these are broken. Test per phase when shares changed on the way.
    p_value: never 0, see ``answers.Comparison``. Pearson 1900; df = live arms - 1.
    Reasons: too_few_live_arms, nothing_observed, too_few_persons (a live arm expects fewer than 5),
        people_in_closed_arm (with the numbers of the live arms).
    """
    _check(observed, shares)
    live = [(count, share) for count, share in zip(observed, shares, strict=True) if share > 0]
    counts = [count for count, _ in live]
    whole = sum(share for _, share in live)
    expected = [sum(counts) * (share / whole) for _, share in live]
    if reason := _too_little(counts, expected):
        return RatioCheck(reason=reason)
    result = chisquare(counts, expected)
    return RatioCheck(
        statistic=float(result.statistic),
        df=len(live) - 1,
        p_value=at_least_smallest(float(result.pvalue)),
        reason=_closed_arm_reason(sum(observed) - sum(counts)),
    )


def _check(observed: Sequence[int], shares: Sequence[float]) -> None:
    if len(observed) != len(shares):
        raise ValueError(f"{len(observed)} counts for {len(shares)} shares")
    if any(count < 0 for count in observed):
        raise ValueError(f"observed={list(observed)}: need counts >= 0")
    if not all(isfinite(share) and share >= 0 for share in shares):
        raise ValueError(f"shares={list(shares)}: need finite numbers >= 0")


def _too_little(counts: list[int], expected: list[float]) -> Reason | None:
    if len(counts) < 2:
        return Reason("too_few_live_arms", "Fewer than two arms receive traffic: there is no ratio to check.")
    if not sum(counts):
        return Reason("nothing_observed", "Nobody has been seen in a live arm yet.")
    if min(expected) < FEWEST_EXPECTED:
        return Reason("too_few_persons", f"A live arm should have fewer than {FEWEST_EXPECTED} persons by now.")
    return None


def _closed_arm_reason(people: int) -> Reason | None:
    if not people:
        return None
    return Reason("people_in_closed_arm", f"{people} persons are in an arm that receives no traffic.")
