"""Do the arms have the people they should have? A mismatch means assignment or tracking lost some of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp, fsum, isfinite, lgamma, log, log1p, pi

from scipy.special import chdtrc

from experiments.stats.answers import Reason, at_least_smallest

# Cochran 1954, Biometrics 10, 417: below it chi-square is no good approximation.
FEWEST_EXPECTED = 5

# The prior of the always-valid check weighs as much as this many people. An alarm at .01 in two equal arms then needs
# |z| = 3.6 at 1,000 people, 4.0 at 100,000 and 4.6 at ten million. Ten thousand, as in Optimizely's ssrm, would need
# 10.1, 3.6 and 4.0: blind to gross losses in the first days, when they are cheapest to mend.
CONCENTRATION = 100

# From here on four terms of Stirling's series leave less than 1e-14.
_STIRLING_FROM = 16


@dataclass(frozen=True, slots=True)
class RatioCheck:
    """Two tests over the live arms; their numbers are present together or not at all.

    statistic, df, p_value: Pearson's chi-square, for one look. always_valid_p_value: may be looked at every day.
    reason: why they are absent, or people_in_closed_arm, which stands beside them: an arm with share 0 has people.
    """

    statistic: float | None = None
    df: int | None = None
    p_value: float | None = None
    always_valid_p_value: float | None = None
    reason: Reason | None = None


@dataclass(frozen=True, slots=True)
class _Phase:
    """What one phase adds: nothing, and a reason, where it cannot be checked. strays: people in closed arms."""

    strays: int
    statistic: float = 0.0
    df: int = 0
    log_bayes_factor: float = 0.0
    reason: Reason | None = None


def sample_ratio(observed: Sequence[int], shares: Sequence[float]) -> RatioCheck:
    """Compare people per arm with the arms' shares of the traffic.

    observed: persons per arm, >= 0. shares: in the same order, >= 0, of any sum; an arm with share 0 is closed and
    adds no degree of freedom. ValueError when these are broken. Where shares changed: ``sample_ratio_over_phases``.
    p_value: never 0, see ``answers.Comparison``. Pearson 1900; df = live arms - 1.
    always_valid_p_value: 1 / Bayes factor, at most 1, of the multinomial at the shares against one with a Dirichlet
        prior centred on them, weighing ``CONCENTRATION`` people. Over all looks it falls below a level with at most
        that probability, and needs no history. Lindon and Malek 2022, arXiv 2011.03567, section 3.
    Reasons: too_few_live_arms, nothing_observed, too_few_persons (a live arm expects fewer than 5),
        people_in_closed_arm (with the numbers of the live arms).
    """
    return sample_ratio_over_phases([observed], [shares])


def sample_ratio_over_phases(observed: Sequence[Sequence[int]], shares: Sequence[Sequence[float]]) -> RatioCheck:
    """The same over phases with their own shares and arms: chi-squares, degrees of freedom and evidence add up.

    Persons must be counted in one phase each. A phase that cannot be checked adds nothing; when none can be checked
    the reason is that of the last one. ValueError as in ``sample_ratio``, and for lists of different length.
    """
    if len(observed) != len(shares):
        raise ValueError(f"{len(observed)} phases with counts, {len(shares)} with shares")
    phases = [_phase(*phase) for phase in zip(observed, shares, strict=True)]
    statistic, df = fsum(phase.statistic for phase in phases), sum(phase.df for phase in phases)
    if not df:
        return RatioCheck(reason=phases[-1].reason if phases else _nothing_observed())
    log_bayes_factor = fsum(phase.log_bayes_factor for phase in phases)
    return RatioCheck(
        statistic=statistic,
        df=df,
        p_value=at_least_smallest(float(chdtrc(df, statistic))),
        always_valid_p_value=at_least_smallest(exp(min(0.0, -log_bayes_factor))),
        reason=_closed_arm_reason(sum(phase.strays for phase in phases)),
    )


def _phase(observed: Sequence[int], shares: Sequence[float]) -> _Phase:
    _check(observed, shares)
    live = [(count, share) for count, share in zip(observed, shares, strict=True) if share > 0]
    counts, whole = [count for count, _ in live], fsum(share for _, share in live)
    parts = [share / whole for _, share in live]
    people = sum(counts)
    strays, expected = sum(observed) - people, [people * part for part in parts]
    if reason := _too_little(counts, expected):
        return _Phase(strays, reason=reason)
    return _Phase(
        strays,
        statistic=fsum((count - mean) ** 2 / mean for count, mean in zip(counts, expected, strict=True)),
        df=len(live) - 1,
        log_bayes_factor=_log_bayes_factor(counts, parts),
    )


def _log_bayes_factor(counts: Sequence[int], parts: Sequence[float]) -> float:
    """Log of Γ(c) / Γ(c + n) * prod Γ(c part + count) / (Γ(c part) part^count), c the concentration.

    Log-gammas of a billion people are so large that their differences have no digit left of it. So Stirling's main
    terms are taken together: what remains of them is a sum of distances, exact however close counts are to shares.
    """
    people = sum(counts)
    weight = CONCENTRATION + people
    terms = [lgamma(CONCENTRATION), log(weight) / 2, -_stirling_rest(weight), (len(parts) - 1) * log(2 * pi) / 2]
    for count, part in zip(counts, parts, strict=True):
        prior, mean = CONCENTRATION * part, weight * part
        found = prior + count
        terms += [_distance(count - people * part, mean), -log(found) / 2, _stirling_rest(found)]
        terms += [prior * log(part), -lgamma(prior)]
    return fsum(terms)


def _distance(surplus: float, mean: float) -> float:
    """x log(x / mean) - surplus for x = mean + surplus > 0: never negative, 0 where they are equal."""
    excess = surplus / mean
    return mean * ((1 + excess) * log1p(excess) - excess)


def _stirling_rest(x: float) -> float:
    """log Γ(x) minus Stirling's (x - 1/2) log x - x + log(2 pi) / 2; x > 0."""
    if x < _STIRLING_FROM:
        return lgamma(x) - ((x - 0.5) * log(x) - x + log(2 * pi) / 2)
    square = x * x
    return (1 / 12 - (1 / 360 - (1 / 1260 - 1 / (1680 * square)) / square) / square) / x


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
        return _nothing_observed()
    if min(expected) < FEWEST_EXPECTED:
        return Reason("too_few_persons", f"A live arm should have fewer than {FEWEST_EXPECTED} persons by now.")
    return None


def _nothing_observed() -> Reason:
    return Reason("nothing_observed", "Nobody has been seen in a live arm yet.")


def _closed_arm_reason(people: int) -> Reason | None:
    if not people:
        return None
    return Reason("people_in_closed_arm", f"{people} persons are in an arm that receives no traffic.")
