"""One arm's sufficient statistics, exact: counts and decimal sums as PostgreSQL's numeric gives them."""

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

# Far beyond any count, price or duration; inside, no quotient or square below leaves the range of a double.
_LARGEST_TOTAL = Decimal("1e60")
_LARGEST_SQUARES = Decimal("1e120")
_MOST_DECIMALS = 120


@dataclass(frozen=True, slots=True)
class Sample:
    """One arm of one goal, a value per exposed person.

    n: exposed persons, >= 0.
    converted: persons with at least one conversion, 0 <= converted <= n.
    total, squares: sum of the persons' values and of their squares, in the unit of the measure and its square.
        At most 1e60 and 1e120, at most 120 decimals.
    ValueError when these are broken, or when no n values can have this total and these squares.
    """

    n: int
    converted: int
    total: Decimal
    squares: Decimal

    def __post_init__(self) -> None:
        if not 0 <= self.converted <= self.n:
            raise ValueError(f"converted={self.converted} of n={self.n}: need 0 <= converted <= n")
        _check_range("total", self.total, _LARGEST_TOTAL)
        _check_range("squares", self.squares, _LARGEST_SQUARES)
        if self.n == 0 and (self.total or self.squares):
            raise ValueError(f"total={self.total}, squares={self.squares}: nobody is there to have them")
        if self._variation()[0] < 0:
            raise ValueError(f"squares={self.squares} is too small for total={self.total} over n={self.n}")

    @property
    def rate(self) -> float:
        """Share of persons who converted, in [0, 1]. ValueError for an empty arm."""
        self._need(1)
        return self.converted / self.n

    @property
    def exact_mean(self) -> Fraction:
        """Mean value per person. ValueError for an empty arm."""
        self._need(1)
        return Fraction(self.total) / self.n

    @property
    def mean(self) -> float:
        """Mean value per person, correctly rounded. ValueError for an empty arm."""
        self._need(1)
        total, unit = self.total.as_integer_ratio()
        return total / (unit * self.n)

    @property
    def variance(self) -> float:
        """Variance of the persons' values, denominator n - 1, correctly rounded. ValueError below two persons.

        Computed in whole numbers up to the one division: at an offset of 1e9 the textbook formula in doubles loses
        every digit.
        """
        self._need(2)
        variation, unit = self._variation()
        return variation / (unit * self.n * (self.n - 1))

    def _variation(self) -> tuple[int, int]:
        """n times the sum of squared deviations, as a fraction; never negative for real values (Cauchy and Schwarz).

        Not brought to lowest terms, which would cost more than all the rest.
        """
        (total, unit), (squares, square_unit) = self.total.as_integer_ratio(), self.squares.as_integer_ratio()
        return self.n * squares * unit * unit - total * total * square_unit, square_unit * unit * unit

    def _need(self, persons: int) -> None:
        if self.n < persons:
            raise ValueError(f"n={self.n}: need at least {persons}")


def binary(n: int, converted: int) -> Sample:
    """A sample where a person's value is 1 (converted) or 0. ValueError unless 0 <= converted <= n."""
    return Sample(n=n, converted=converted, total=Decimal(converted), squares=Decimal(converted))


def _check_range(name: str, value: Decimal, largest: Decimal) -> None:
    exponent = value.as_tuple().exponent
    if not isinstance(exponent, int):
        raise ValueError(f"{name}={value}: need a finite number")
    if not -largest <= value <= largest or exponent < -_MOST_DECIMALS:
        raise ValueError(f"{name}={value:.3e}: need at most {largest} and {_MOST_DECIMALS} decimals")
