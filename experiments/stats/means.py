"""Two means per person compared: Welch's t-test, held back by the pooled one, with Fieller's interval for the lift."""

from dataclasses import dataclass
from math import isfinite, sqrt

from scipy.special import stdtr, stdtrit

from experiments.stats.answers import (
    Comparison,
    Reason,
    at_least_smallest,
    checked_level,
    held_to_test,
)
from experiments.stats.fieller import lift_interval
from experiments.stats.samples import Sample

METHOD = "welch/2"

# Inside, no product or quotient below leaves the range of a double.
_LARGEST_MEAN = 1e100
_LEAST_MEAN = 1e-100
_LARGEST_VARIANCE = 1e200
# Of the difference's variance. What varies less than this is rounding, and its square would leave doubles.
_LEAST_NOISE = 1e-250


@dataclass(frozen=True, slots=True)
class Estimate:
    """One arm's mean and how far it may be off, however it was found: plain, capped, a ratio.

    n: units behind it, >= 0. mean: in the unit of the measure, at most 1e100 either way; closer to 0 than 1e-100
        it counts as 0 where it divides; not read when n is 0.
    variance: of ONE unit's value, so that variance / n is that of the mean; 0 to 1e200; not read below two units.
    ValueError when these are broken.
    """

    n: int
    mean: float
    variance: float

    def __post_init__(self) -> None:
        if self.n < 0:
            raise ValueError(f"n={self.n}: need at least 0")
        if not (isfinite(self.mean) and abs(self.mean) <= _LARGEST_MEAN):
            raise ValueError(f"mean={self.mean}: need a number within +-{_LARGEST_MEAN}")
        if not 0 <= self.variance <= _LARGEST_VARIANCE:
            raise ValueError(f"variance={self.variance}: need a number from 0 to {_LARGEST_VARIANCE}")


def compare_means(control: Sample, treatment: Sample, *, alpha: float) -> Comparison:
    """Compare the mean value per exposed person (those without a value count as 0).

    See ``compare_estimates``; the difference and the lift are formed from exact sums and rounded once.
    """
    change = exact_change(control, treatment)
    return _compared(estimate_of(control), estimate_of(treatment), change, alpha=alpha, method=METHOD)


def compare_estimates(control: Estimate, treatment: Estimate, *, alpha: float, method: str) -> Comparison:
    """Compare two means that come with the variance of one unit's value.

    alpha: two-sided, from 1e-100 to 1, else ValueError. method: the name and version the answer carries. Units are
    those of the values; the answer's lift, statistic, df and p_value do not change when the currency does.
    statistic, df: Welch 1947, Biometrika 34, 28, degrees of freedom by Satterthwaite 1946.
    p_value: the larger of Welch's and that of Student's test with the pooled variance: both must reject. With a
        small and a large arm and skew values Welch believes a small arm that happens to lack large values, and the
        pooled test one that happens to have one; nothing passes both. Measured without any effect (3 % payers,
        lognormal amounts of sigma 1.5, 9000 persons against 1000), nominal 2.5 % each way: Welch calls "worse"
        in 13.8 %, the pooled test "better" in 4.9 %, both together 0.14 % and 0.06 %. With equal arms the two
        have the same statistic, and Welch's with its fewer degrees of freedom decides.
    diff_ci: Welch's, reaching to 0 where only the pooled test keeps 0. lift = diff / mean of control; lift_ci:
        Fieller 1954, see ``fieller.lift_interval``, reaching to 0 likewise.
    A negative control mean turns the sign of the lift round: from -10 to -20 is +100 %.
    Reasons: empty_arm (no number at all), too_few_persons (an arm of one: no test, no interval),
        no_variation (nobody differs from anybody in their arm: likewise), control_is_zero (no lift).
    """
    diff = treatment.mean - control.mean
    lift = diff / control.mean if abs(control.mean) >= _LEAST_MEAN else None
    return _compared(control, treatment, (diff, lift), alpha=alpha, method=method)


def estimate_of(sample: Sample) -> Estimate:
    """The mean per person of a sample, correctly rounded; variance 0 where it is not known."""
    if not sample.n:
        return Estimate(0, 0.0, 0.0)
    return Estimate(sample.n, sample.mean, sample.variance if sample.n > 1 else 0.0)


def exact_change(control: Sample, treatment: Sample) -> tuple[float, float | None]:
    """Difference and lift, in whole numbers until the one division."""
    if not control.n or not treatment.n:
        return 0.0, None
    (total_c, unit_c), (total_t, unit_t) = control.total.as_integer_ratio(), treatment.total.as_integer_ratio()
    part_c, part_t = total_c * unit_t * treatment.n, total_t * unit_c * control.n
    difference = part_t - part_c
    return difference / (unit_c * unit_t * control.n * treatment.n), difference / part_c if part_c else None


def _compared(
    control: Estimate, treatment: Estimate, change: tuple[float, float | None], *, alpha: float, method: str
) -> Comparison:
    checked_level(alpha)
    diff, lift = change
    if not control.n or not treatment.n:
        return Comparison(method=method, reason=_EMPTY_ARM)
    if why := why_untested(control, treatment):
        return Comparison(method=method, diff=diff, lift=lift, reason=why)
    units, variances = (control.n, treatment.n), (control.variance, treatment.variance)
    (error, df), (pooled_error, pooled_df) = welch_error(units, variances), student_error(units, variances)
    welch_p = _two_sided(diff / error, df)
    p_value = max(welch_p, _two_sided(diff / pooled_error, pooled_df))
    quantile, significant = -float(stdtrit(df, alpha / 2)), p_value < alpha
    lift_ci = None
    if lift is not None:
        noises = control.variance / control.n, treatment.variance / treatment.n
        limits = lift_interval(control.mean, diff, noises, quantile, significant=welch_p < alpha)
        lift_ci = held_to_test(limits, lift, significant=significant)
    return Comparison(
        method=method,
        diff=diff,
        diff_ci=held_to_test((diff - quantile * error, diff + quantile * error), diff, significant=significant),
        lift=lift,
        lift_ci=lift_ci,
        statistic=diff / error,
        df=df,
        p_value=p_value,
        reason=_CONTROL_IS_ZERO if lift is None else None,
    )


def why_untested(control: Estimate, treatment: Estimate) -> Reason | None:
    """Why no test of two means can be made, or None."""
    if not control.n or not treatment.n:
        return _EMPTY_ARM
    if min(control.n, treatment.n) < 2:
        return _TOO_FEW_PERSONS
    if control.variance / control.n + treatment.variance / treatment.n < _LEAST_NOISE:
        return _NO_VARIATION
    return None


def welch_error(units: tuple[int, int], variances: tuple[float, float]) -> tuple[float, float]:
    """Standard error of a difference of two means, and Satterthwaite's degrees of freedom.

    units, variances: of control and of treatment; at least two units each, not both variances 0.
    """
    noise_c, noise_t = variances[0] / units[0], variances[1] / units[1]
    # In shares, so that neither tiny nor huge units under- or overflow.
    share = noise_c / (noise_c + noise_t)
    return sqrt(noise_c + noise_t), 1 / (share**2 / (units[0] - 1) + (1 - share) ** 2 / (units[1] - 1))


def student_error(units: tuple[int, int], variances: tuple[float, float]) -> tuple[float, int]:
    """The same for arms taken to have one variance, and n_c + n_t - 2: Student's t of Fisher 1925, Metron 5, 90."""
    df = units[0] + units[1] - 2
    pooled = variances[0] * ((units[0] - 1) / df) + variances[1] * ((units[1] - 1) / df)
    return sqrt(pooled * (1 / units[0] + 1 / units[1])), df


def _two_sided(t: float, df: float) -> float:
    return at_least_smallest(2 * float(stdtr(df, -abs(t))))


_EMPTY_ARM = Reason("empty_arm", "An arm has no persons yet.")
_TOO_FEW_PERSONS = Reason("too_few_persons", "An arm has one person: no spread is known.")
_NO_VARIATION = Reason("no_variation", "In each arm all persons have the same value.")
_CONTROL_IS_ZERO = Reason("control_is_zero", "Control's mean is 0: there is no relative change.")
