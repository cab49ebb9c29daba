"""A house for each file, somebody who starts again what has died, and the logs of all when a test fails."""

from collections.abc import Generator, Iterator

import pytest

from tests.faults.killing import Restarter, restarted
from tests.house import House, running_house

LAST_CHARACTERS = 4_000


@pytest.fixture(scope="module")
def house() -> Iterator[House]:
    with running_house() as running:
        yield running


@pytest.fixture(scope="module")
def restarter(house: House) -> Iterator[Restarter]:
    with restarted(house) as running:
        yield running


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    house = getattr(item, "funcargs", {}).get("house")
    if report.failed and isinstance(house, House):
        for name in ("web", "worker", "beat", "postgres", "valkey"):
            report.sections.append((f"{name}.log", house.log(name)[-LAST_CHARACTERS:]))
    return report
