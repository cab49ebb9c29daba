"""Newcombe's interval for a difference of two rates: Wilson's interval of each arm, put together."""

from math import hypot, sqrt

from experiments.stats.samples import Sample


def newcombe_interval(control: Sample, treatment: Sample, z: float) -> tuple[float, float]:
    """Rate of treatment minus rate of control, inside [-1, 1]; both arms need a person.

    Each end is as far from the difference as the two Wilson ends that pull that way are from their rates, at right
    angles. z: two-sided normal quantile, > 0. Newcombe 1998, Statistics in Medicine 17, 873, method 10.
    By hand because statsmodels' ``confint_proportions_2indep`` takes longer than all the rest of a comparison.
    """
    low_c, high_c = wilson_reach(control, z)
    low_t, high_t = wilson_reach(treatment, z)
    diff = (treatment.converted * control.n - control.converted * treatment.n) / (control.n * treatment.n)
    return max(-1.0, diff - hypot(low_t, high_c)), min(1.0, diff + hypot(high_t, low_c))


def wilson_reach(arm: Sample, z: float) -> tuple[float, float]:
    """How far Wilson's interval reaches below and above the arm's rate; both >= 0.

    Wilson 1927, Journal of the American Statistical Association 22, 209. Both solve (n + z^2) r^2 +- 2 lean r =
    z^2 x (n - x) / n^2; the shorter one is taken from the product of the two, where nothing cancels.
    """
    n, x = arm.n, arm.converted
    missed = n - x
    lean = z * z * (missed - x) / (2 * n)
    farther = z * sqrt(x * missed / n + z * z / 4) + abs(lean)
    long, short = farther / (n + z * z), z * z * (x / n) * (missed / n) / farther
    return (short, long) if lean > 0 else (long, short)
