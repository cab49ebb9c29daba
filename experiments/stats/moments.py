"""Many values per person reduced to what the comparisons need: a count, means, and centred cross products per arm."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from math import sqrt

import numpy as np
from numpy.typing import NDArray

from experiments.stats.means import Estimate

Numbers = NDArray[np.float64]
Arms = NDArray[np.integer]

# Rows taken at a time: they stay in the processor's cache, and no second copy of a million rows is made.
_CHUNK = 16_384
_FEW = 101
_ROUNDING = 1e-14


@dataclass(frozen=True, slots=True, eq=False)
class Moments:
    """One arm, k values per person.

    n: persons, >= 0. means: (k,), all 0 when n is 0. products: (k, k), sums over persons of the products of two
    values' deviations from their means. ValueError for wrong shapes or numbers that are not finite.
    """

    n: int
    means: Numbers
    products: Numbers

    def __post_init__(self) -> None:
        width = len(self.means)
        if self.n < 0 or self.means.shape != (width,) or self.products.shape != (width, width):
            raise ValueError(f"n={self.n}, means {self.means.shape}, products {self.products.shape}: do not fit")
        if not (np.isfinite(self.means).all() and np.isfinite(self.products).all()):
            raise ValueError("values must be finite numbers whose squares are, too")

    @property
    def covariance(self) -> Numbers:
        """(k, k), denominator n - 1. ValueError below two persons."""
        if self.n < 2:
            raise ValueError(f"n={self.n}: need at least 2")
        return self.products / (self.n - 1)

    def merge(self, other: "Moments") -> "Moments":
        """Both groups as one, without a second look at the persons.

        Chan, Golub and LeVeque 1983, American Statistician 37, 242, formula 1.5. ValueError unless both have k values.
        """
        if self.means.shape != other.means.shape:
            raise ValueError(f"{len(self.means)} values a person do not merge with {len(other.means)}")
        n = self.n + other.n
        if not self.n or not other.n:
            return self if self.n else other
        apart = other.means - self.means
        share = other.n / n
        products = self.products + other.products + np.outer(apart, apart) * (self.n * share)
        return Moments(n, self.means + apart * share, products)

    def estimate(self, column: int = 0) -> Estimate:
        """The mean of one column with the variance of one person's value; variance 0 where it is not known.

        A mean of less than 1e-14 standard deviations is what rounding left of 0, and is 0: nothing is relative to it.
        """
        mean = float(self.means[column])
        variance = float(self.products[column, column]) / (self.n - 1) if self.n > 1 else 0.0
        return Estimate(self.n, 0.0 if abs(mean) < _ROUNDING * sqrt(variance) else mean, variance)


def zeros(people: int, columns: int) -> Moments:
    """That many persons whose values are all 0: merge them with the few who have any, and leave the rest unread."""
    return Moments(people, np.zeros(columns), np.zeros((columns, columns)))


def reduce_by_arm(values: Numbers, arm: Arms, arms: int) -> list[Moments]:
    """The moments of each arm, in one pass over the persons.

    values: (n, k), finite. arm: (n,) whole numbers, 0 is control, -1 leaves a person out. arms: how many there are;
    one without persons gets ``zeros``. ValueError when these are broken. Each chunk is taken less a typical person's
    values and then centred twice (Chan, Golub and LeVeque 1983, formula 1.7), so that an offset of 1e9 costs no digit
    of the products.
    """
    _check(values, arm, arms)
    count, width = values.shape
    found = [zeros(0, width) for _ in range(arms)]
    pivot = _typical(values, arm)
    for start in range(0, count, _CHUNK):
        rows, where = values[start : start + _CHUNK], arm[start : start + _CHUNK]
        for index in range(arms):
            taken = np.take(rows, np.flatnonzero(where == index), axis=0)
            found[index] = found[index].merge(_centred(taken.astype(np.float64, copy=False), pivot))
    return [Moments(each.n, each.means + pivot, each.products) if each.n else each for each in found]


def moments_of_sums(n: int, totals: Sequence[Decimal], squares: Sequence[Sequence[Decimal]]) -> Moments:
    """Moments of the exact sums a tally keeps.

    totals: k sums of values; squares: k x k sums of products of two values (its diagonal: sums of squares).
    In rational numbers, rounded once. ValueError for a negative n or shapes that do not fit.
    """
    exact = [Fraction(total) for total in totals]
    if not n:
        return zeros(0, len(exact))
    products = [
        [float(Fraction(value) - left * right / n) for value, right in zip(row, exact, strict=True)]
        for row, left in zip(squares, exact, strict=True)
    ]
    return Moments(n, np.array([float(total / n) for total in exact]), np.array(products))


def _typical(values: Numbers, arm: Arms) -> Numbers:
    """Medians of a few persons: near the offset if there is one, and not taken in by one huge amount."""
    few = values[np.flatnonzero(arm[:_CHUNK] >= 0)[:_FEW]]
    return np.median(few, axis=0) if len(few) else np.zeros(values.shape[1])


def _centred(rows: Numbers, pivot: Numbers) -> Moments:
    """The moments of these rows less ``pivot``; overwrites the rows."""
    n, width = rows.shape
    if not n:
        return zeros(0, width)
    # A product with ones is three times as fast as numpy's mean over the first axis.
    ones = np.ones(n)
    rows -= pivot
    means = ones @ rows / n
    rows -= means
    rest = ones @ rows / n
    return Moments(n, means + rest, rows.T @ rows - n * np.outer(rest, rest))


def _check(values: Numbers, arm: Arms, arms: int) -> None:
    if values.ndim != 2 or arm.shape != values.shape[:1]:
        raise ValueError(f"values {values.shape} and arm {arm.shape}: need (n, k) and (n,)")
    if not np.issubdtype(arm.dtype, np.integer):
        raise ValueError(f"arm holds {arm.dtype}: need whole numbers")
    if arms < 1 or (arm.size and not -1 <= arm.min() <= arm.max() < arms):
        raise ValueError(f"arms={arms}: need at least one, and arm between -1 and {arms - 1}")
