"""The simulation behind docs/operating-characteristics.md: it runs, and the page holds its tables and pictures."""

import numpy as np
import pytest

from tests.simulate import document, speed
from tests.simulate.daily import Daily, agreed, followed
from tests.simulate.draws import Crowd
from tests.simulate.findings import HEADER, Finding, share, table
from tests.simulate.jobs import Job, run
from tests.simulate.lines import SECTIONS
from tests.simulate.lines import speed as speed_lines
from tests.simulate.pictures import pictures
from tests.simulate.settings import BETTER, LATE_BETTER, MONEY, PAID_BETTER, TWO, jobs

FEW = 1e-6
FIGURES = (2, 3, 4, 5, 6)


@pytest.fixture(scope="module")
def seen():
    return run(jobs(FEW))


@pytest.fixture(scope="module")
def sections(seen):
    timed = speed.measured(np.random.default_rng(1), seconds=0)
    return {name: list(section(seen)) for name, section in SECTIONS.items()} | {"speed": list(speed_lines(timed))}


def told(rows):
    """Rows without what depends on the draws."""
    return [[cell for place, cell in enumerate(row) if place not in FIGURES] for row in rows]


def test_the_page_holds_every_line_that_is_measured(sections):
    page = document.PAGE.read_text()

    for name, findings in sections.items():
        header, _, *rows = document.rows_of_page(page, name)
        assert header == list(HEADER)
        assert told(rows) == told([finding.cells for finding in findings]), name


def test_every_picture_of_the_page_is_drawn(seen):
    page = document.PAGE.read_text()

    for name in pictures(seen):
        assert f"images/{name}" in page
        assert (document.IMAGES / name).exists()


def test_writing_again_changes_only_what_is_between_the_marks(sections):
    page = document.PAGE.read_text()

    written = document.written(page, sections)

    assert document.written(written, sections) == written
    assert written.split("<!-- measured: false-calls -->")[0] == page.split("<!-- measured: false-calls -->")[0]


@pytest.mark.parametrize(
    ("least", "most", "said"),
    [
        (None, 0.06, "yes"),
        (None, 0.045, "within error"),
        (None, 0.03, "**no**"),
        (0.06, None, "within error"),
        (0.07, None, "**no**"),
    ],
)
def test_a_bound_is_missed_when_three_errors_do_not_explain_it(least, most, said):
    assert Finding("calls", "somewhere", 100, 0.05, 0.005, least, most).holds == said


def test_nothing_seen_is_no_proof_of_a_bound():
    assert share("calls", "somewhere", np.zeros(100), most=0.05).error == pytest.approx(0.0218, abs=1e-4)


def test_the_same_seed_gives_the_same_draws_on_any_number_of_cores():
    job = Job("effect", followed, Daily(BETTER), 20)

    one, two = run([job], workers=1)["effect"], run([job], workers=2)["effect"]

    assert all(np.array_equal(one[name], two[name], equal_nan=True) for name in one)


@pytest.mark.parametrize(
    "setting",
    [Daily(BETTER), Daily(LATE_BETTER), Daily(PAID_BETTER, MONEY), Daily(Crowd((0.05, 0.06, 0.06)), TWO)],
    ids=["rates", "late", "money", "two treatments"],
)
def test_the_fast_path_calls_what_the_rule_calls_on_the_same_day(setting):
    found = agreed(setting, 3, np.random.default_rng(7))

    assert found["same"].all()
    assert found["called"].any()


def test_a_table_has_one_cell_for_each_column():
    lines = table([Finding("calls", "somewhere", 100, None)]).splitlines()

    assert {line.count("|") for line in lines} == {len(HEADER) + 1}
    assert "not measured" in lines[2]
