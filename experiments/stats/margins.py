"""Tests against a margin agreed beforehand: "not worse by more than it" (guardrails) and "the same within it".

The margin is a share of control, and the hypothesis is tested as the straight line it is, treatment against
ratio x control, so that control's own uncertainty counts and nothing is divided by it.
"""

from dataclasses import dataclass
from math import erfc, sqrt
from typing import Literal, Self

from scipy.special import ndtri, stdtr

from experiments.stats.answers import Reason, at_least_smallest
from experiments.stats.means import Estimate, estimate_of, exact_change, student_error, welch_error, why_untested
from experiments.stats.samples import Sample

Desired = Literal["increase", "decrease"]

NOT_WORSE_RATES = "score_margin/1"
NOT_WORSE_MEANS = "welch_margin/1"
EQUIVALENT_RATES = "score_equivalence/1"
EQUIVALENT_MEANS = "welch_equivalence/1"

# The next double below 1: a p-value of 1 would be a z of minus infinity.
_ALMOST_SURE = 1 - 2**-53


@dataclass(frozen=True, slots=True)
class MarginTest:
    """Is treatment safely on the right side of the margin? Small p-values say yes.

    method: name and version. margin: as given, 0.02 = 2 % of control.
    statistic: z (rates) or Welch's t (means), positive on the safe side; of two margins the one nearer to harm.
    p_value: one-sided, in (0, 1]; the null hypothesis is harm, or, for equivalence, a difference beyond the margin.
    reason: why both numbers are absent.
    """

    method: str
    margin: float
    statistic: float | None = None
    p_value: float | None = None
    reason: Reason | None = None

    @property
    def signed_z(self) -> float | None:
        """The normal quantile of the p-value, positive on the safe side: what rules for repeated looks take."""
        return None if self.p_value is None else -float(ndtri(min(self.p_value, _ALMOST_SURE)))


def not_worse_rates(control: Sample, treatment: Sample, *, margin: float, desired: Desired) -> MarginTest:
    """Is the share who converted at most ``margin`` x control's worse? Only ``n`` and ``converted`` are read.

    margin: share of control's rate, 0 <= margin < 1. desired: "increase": the null hypothesis is p_t <= (1 - margin)
        p_c; "decrease" (fewer are better): p_t >= (1 + margin) p_c. ValueError for anything else.
    statistic: p_t - r p_c over its standard error at the most likely rates of that ratio r. Farrington and
        Manning 1990, Statistics in Medicine 9, 1447; it is Koopman 1984 at one ratio, so that p < a exactly when the
        1 - 2a Koopman interval of the lift clears the margin. At margin 0 it is the pooled z.
    Not held back where cells are small, since there is no mid-p for a ratio of rates. Every table enumerated at the
        edge of a margin of 10 %, 1000 persons against 9000, nominal 5 %: at most 5.8 % at a rate of 1 %, 6.6 % at
        0.2 %.
    Reasons: empty_arm, no_conversions, all_converted (at margin 0).
    """
    line = _line(margin, desired)
    if why := _why_no_rates(control, treatment, margin):
        return MarginTest(NOT_WORSE_RATES, margin, reason=why)
    return MarginTest(NOT_WORSE_RATES, margin, *_rates_beside(line, control, treatment))


def equivalent_rates(control: Sample, treatment: Sample, *, margin: float) -> MarginTest:
    """Is treatment's rate between (1 - margin) and (1 + margin) times control's?

    Two one-sided tests, each as in ``not_worse_rates`` and both needed: Schuirmann 1987, Journal of Pharmacokinetics
    and Biopharmaceutics 15, 657. p < a exactly when the 1 - 2a Koopman interval of the lift lies inside. At margin 0
    nothing can be shown: p >= 1/2.
    """
    lines = _line(margin, "increase"), _line(margin, "decrease")
    if why := _why_no_rates(control, treatment, margin):
        return MarginTest(EQUIVALENT_RATES, margin, reason=why)
    sides = [_rates_beside(line, control, treatment) for line in lines]
    return MarginTest(EQUIVALENT_RATES, margin, *max(sides, key=_weakness))


def not_worse_means(control: Sample, treatment: Sample, *, margin: float, desired: Desired) -> MarginTest:
    """Is the mean per person at most ``margin`` x control's worse? See ``not_worse_estimates``."""
    arms = _Arms.of_samples(control, treatment)
    return _tested(NOT_WORSE_MEANS, margin, [_line(margin, desired)], arms)


def not_worse_estimates(control: Estimate, treatment: Estimate, *, margin: float, desired: Desired) -> MarginTest:
    """The same for means that come with the variance of one unit's value.

    margin: share of control's mean, 0 <= margin < 1. desired: "increase": the null hypothesis is m_t <= (1 - margin)
        m_c; "decrease" (less is better): m_t >= (1 + margin) m_c. ValueError for anything else.
    statistic: (m_t - r m_c) / sqrt(v_t + r^2 v_c), v the variances of the means, with Satterthwaite's degrees of
        freedom for this very difference. ``compare_means`` takes those of m_t - m_c, so its Fieller interval clears
        the margin together with this t only as far as the two agree: always when both are large.
    p_value: one-sided, the larger of that t's and of the t with pooled variance, both on control's values times r,
        for the reason given at ``means.compare_estimates``. Measured at the edge of a margin of 2 % with 3 % payers
        (lognormal, sigma 1.5), 1000 persons in control and 9000 in treatment, nominal 5 %: Welch alone calls
        treatment safe in 17 %, both together in 0.9 %.
    Reasons: empty_arm, too_few_persons, no_variation, control_is_zero, control_is_negative: a share of nothing
        is no margin.
    """
    return _tested(NOT_WORSE_MEANS, margin, [_line(margin, desired)], _Arms.of_estimates(control, treatment))


def equivalent_means(control: Sample, treatment: Sample, *, margin: float) -> MarginTest:
    """Is treatment's mean between (1 - margin) and (1 + margin) times control's? See ``equivalent_estimates``."""
    lines = [_line(margin, "increase"), _line(margin, "decrease")]
    return _tested(EQUIVALENT_MEANS, margin, lines, _Arms.of_samples(control, treatment))


def equivalent_estimates(control: Estimate, treatment: Estimate, *, margin: float) -> MarginTest:
    """The same for means that come with the variance of one unit's value: both tests of ``not_worse_estimates``.

    The larger p-value and its statistic, as in ``equivalent_rates``.
    """
    lines = [_line(margin, "increase"), _line(margin, "decrease")]
    return _tested(EQUIVALENT_MEANS, margin, lines, _Arms.of_estimates(control, treatment))


@dataclass(frozen=True, slots=True)
class _Line:
    """treatment = (1 + shift) control; ``safe`` is 1 when the safe side is above it, -1 when it is below."""

    shift: float
    safe: int


@dataclass(frozen=True, slots=True)
class _Arms:
    """Two means and their difference, which exact sums know better than the two means do."""

    control: Estimate
    treatment: Estimate
    diff: float

    @classmethod
    def of_samples(cls, control: Sample, treatment: Sample) -> Self:
        return cls(estimate_of(control), estimate_of(treatment), exact_change(control, treatment)[0])

    @classmethod
    def of_estimates(cls, control: Estimate, treatment: Estimate) -> Self:
        return cls(control, treatment, treatment.mean - control.mean)


def _line(margin: float, desired: Desired) -> _Line:
    if not 0 <= margin < 1:
        raise ValueError(f"margin={margin!r}: need a share of control, 0 <= margin < 1")
    if desired not in ("increase", "decrease"):
        raise ValueError(f"desired={desired!r}: write increase or decrease")
    return _Line(-margin, 1) if desired == "increase" else _Line(margin, -1)


def _weakness(side: tuple[float, float]) -> tuple[float, float]:
    """Orders (statistic, p-value) pairs: the largest p, and where p is the same (both 1) the smallest statistic."""
    statistic, p_value = side
    return p_value, -statistic


def _why_no_rates(control: Sample, treatment: Sample, margin: float) -> Reason | None:
    persons, converted = control.n + treatment.n, control.converted + treatment.converted
    if not control.n or not treatment.n:
        return Reason("empty_arm", "An arm has no persons yet.")
    if not converted:
        return Reason("no_conversions", "Nobody has converted in either arm, so there is no rate to take a share of.")
    if converted == persons and margin == 0:
        return Reason("all_converted", "Everybody has converted in both arms, so there is nothing to test.")
    return None


def _rates_beside(line: _Line, control: Sample, treatment: Sample) -> tuple[float, float]:
    """(statistic, p-value) of treatment being on the safe side of the line."""
    cross = treatment.converted * control.n - control.converted * treatment.n
    gap = cross / (control.n * treatment.n) - line.shift * control.rate
    z = line.safe * gap / _constrained_error(line.shift, control, treatment)
    return z, at_least_smallest(erfc(z / sqrt(2)) / 2)


def _constrained_error(shift: float, control: Sample, treatment: Sample) -> float:
    """Standard error of p_t - r p_c at the most likely rates with p_t = r p_c, r = 1 + shift.

    The quadratic of Farrington and Manning 1990 (ratio): N r p_c^2 - (r a + b) p_c + K = 0 with K converted in all,
    a = n_t + x_c, b = n_c + x_t. Its discriminant (r a + b)^2 - 4 r N K is written as (r a - b)^2 + 4 r times the
    product of those who did not convert, and both 1 - p over the same denominator, so that no corner cancels.
    """
    ratio = 1 + shift
    missed_c, missed_t = control.n - control.converted, treatment.n - treatment.converted
    missed, converted = missed_c + missed_t, control.converted + treatment.converted
    a, b = treatment.n + control.converted, control.n + treatment.converted
    root = sqrt((a - b + shift * a) ** 2 + 4 * ratio * missed_c * missed_t)
    below = ratio * a + b + root
    rate_c = 2 * converted / below
    miss_c, miss_t = missed + shift * a + root, missed + shift * (a - 2 * converted) + root
    noise_c = ratio * ratio * rate_c * max(0.0, miss_c / below) / control.n
    return sqrt(noise_c + ratio * rate_c * max(0.0, miss_t / below) / treatment.n)


def _tested(method: str, margin: float, lines: list[_Line], arms: _Arms) -> MarginTest:
    if why := why_untested(arms.control, arms.treatment) or _why_no_share(arms.control.mean):
        return MarginTest(method, margin, reason=why)
    return MarginTest(method, margin, *max((_means_beside(line, arms) for line in lines), key=_weakness))


def _why_no_share(mean: float) -> Reason | None:
    if mean > 0:
        return None
    if mean < 0:
        return Reason("control_is_negative", "Control's mean is negative: a share of it is no margin.")
    return Reason("control_is_zero", "Control's mean is 0: a share of it is no margin.")


def _means_beside(line: _Line, arms: _Arms) -> tuple[float, float]:
    """(statistic, p-value) of treatment being on the safe side of the line."""
    ratio, gap = 1 + line.shift, line.safe * (arms.diff - line.shift * arms.control.mean)
    units = arms.control.n, arms.treatment.n
    variances = ratio * ratio * arms.control.variance, arms.treatment.variance
    (error, df), (pooled_error, pooled_df) = welch_error(units, variances), student_error(units, variances)
    p_value = max(float(stdtr(df, -gap / error)), float(stdtr(pooled_df, -gap / pooled_error)))
    return gap / error, at_least_smallest(p_value)
