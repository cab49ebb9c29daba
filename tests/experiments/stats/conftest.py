"""Public data kept beside the checkout, and samples made of plain values."""

import json
import os
from collections.abc import Callable, Iterable
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from experiments.stats.samples import Sample

SHARED_DATA = Path(__file__).resolve().parents[4] / "shared" / "data"


def exact_decimal(number: Fraction) -> Decimal:
    """A fraction whose denominator divides a power of ten, without the 28 digits of the default context."""
    places = next(k for k in range(400) if 10**k % number.denominator == 0)
    return Decimal(
        (number < 0, tuple(map(int, str(abs(number.numerator * 10**places // number.denominator)))), -places)
    )


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of public data sets; in CI its absence is a failure, on a laptop a skip that says so."""
    if SHARED_DATA.is_dir():
        return SHARED_DATA
    message = f"{SHARED_DATA} is missing: the published figures were NOT checked"
    if os.environ.get("CI") == "true":
        pytest.fail(message)
    pytest.skip(message)


@pytest.fixture(scope="session")
def expected(shared_data: Path) -> dict[str, Any]:
    """Figures computed from the public rows with scipy 1.17 and statsmodels 0.15."""
    figures: dict[str, Any] = json.loads((shared_data / "expected.json").read_text())
    return figures


@pytest.fixture(scope="session")
def sample_of() -> Callable[[Iterable[Decimal | int | str]], Sample]:
    """A sample of these persons' values, summed without rounding."""

    def build(values: Iterable[Decimal | int | str]) -> Sample:
        exact = [Fraction(Decimal(value)) for value in values]
        total, squares = sum(exact, Fraction()), sum((value**2 for value in exact), Fraction())
        converted = sum(1 for value in exact if value)
        return Sample(len(exact), converted, exact_decimal(total), exact_decimal(squares))

    return build
