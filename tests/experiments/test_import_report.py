"""What an import tells: the first rows left out, all of them counted, and a file that no spreadsheet can be hurt by."""

import csv
import io
from collections import Counter

import pytest

from experiments.importing import words
from experiments.importing.report import Findings, write_rejected
from experiments.importing.rows import Rejected


def left_out(*rejected):
    return Findings({}, rejected=list(rejected))


def test_the_first_twenty_are_named_and_all_are_counted():
    findings = left_out(*(Rejected(line, "time", "ann", "soon") for line in range(2, 32)), Rejected(40, "no_id"))

    lines = list(words.rejected_rows(findings))

    assert lines[0] == "31 rows are left out:"
    assert lines[1] == "  line 2 (ann): not a time: soon"
    assert lines[21] == "  … and 11 more; --report FILE writes them all."
    assert lines[22:] == ["       30 × not a time", "        1 × no id of a person"]


def test_nothing_left_out_is_nothing_to_read():
    assert list(words.rejected_rows(left_out())) == []


@pytest.mark.parametrize("text", ['=HYPERLINK("x")', "+1", "-1", "@SUM(A1)", "\tx", "\rx"])
def test_no_cell_of_the_report_is_a_formula(text):
    file = io.StringIO(newline="")

    write_rejected(file, [Rejected(2, "unknown_arm", text, text)])

    (row,) = csv.DictReader(io.StringIO(file.getvalue(), newline=""))
    assert row == {"line": "2", "person": f"'{text}", "reason": "unknown arm", "detail": f"'{text}"}


def test_answers_of_the_server_are_summed_up():
    assert words.answers(Counter(duplicate=1_500, stored=2)) == "1,502 events sent: 2 stored, 1,500 duplicate."


def test_columns_of_a_table_stand_below_each_other():
    assert list(words.table(["variant", "people"], [["a", "1"], ["longer-one", "1,000"]])) == [
        "variant     people",
        "a                1",
        "longer-one   1,000",
    ]
