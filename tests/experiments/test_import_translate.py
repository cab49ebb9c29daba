"""Rows into events: who counts, where, when, with which digits; and why a row is left out."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from experiments.http_client import ENCODER
from experiments.importing.mapping import read_mapping
from experiments.importing.report import Findings
from experiments.importing.rows import Rejected, Row
from experiments.importing.translate import Entry, SecondArm, translate
from tracking.wire import native

NOW = datetime(2026, 5, 1, tzinfo=UTC)
MAPPING = """
[experiment]
key = "mail"
started_at = 2026-03-01
ended_at = 2026-04-01
[person]
column = "who"
[arm]
column = "group"
control = "a"
values = { A = "a", B = "b" }
[agrees]
column = "page"
values = { a = "old", b = "new" }
[time]
column = "at"
zone = "Europe/Kyiv"
[[outcome]]
goal = "bought"
column = "bought"
kind = "binary"
role = "primary"
[[outcome]]
goal = "spend"
column = "spend"
kind = "number"
currency = "UAH"
[[outcome]]
goal = "visits"
column = "visits"
kind = "number"
measure = "count"
[covariates]
columns = ["age", "code"]
"""
GOOD = {
    "who": "ann",
    "group": "A",
    "page": "old",
    "at": "2026-03-05 12:00",
    "bought": "1",
    "spend": "10.10",
    "visits": "2",
    "age": "31",
    "code": "00501",
}


def one(mapping=MAPPING, **cells):
    return many([cells], mapping)[0]


def many(rows, mapping=MAPPING):
    numbered = [Row(number, number + 1, {**GOOD, **cells}) for number, cells in enumerate(rows, 1)]
    return list(translate(numbered, read_mapping(mapping), NOW))


def test_a_row_becomes_an_exposure_and_its_outcomes():
    entry = one()

    viewed, bought, spend, *visits = entry.events
    assert viewed["name"] == "experiment_viewed"
    assert viewed["visitor_id"] == "mail:ann"
    assert viewed["occurred_at"] == datetime(2026, 3, 5, 10, tzinfo=UTC)
    assert viewed["properties"] == {
        "experiment": "mail",
        "variant": "a",
        "covariates": {"age": Decimal(31), "code": "00501"},
    }
    assert (bought["name"], bought["properties"]) == ("bought", {})
    assert str(spend["properties"]["value"]) == "10.10"
    assert spend["properties"]["currency"] == "UAH"
    assert [event["name"] for event in visits] == ["visits", "visits"]


def test_ids_are_the_same_at_each_import_and_never_shared():
    first, again = [event["id"] for event in one().events], [event["id"] for event in one().events]
    other = [event["id"] for event in one(who="bob").events]

    assert first == again
    assert len({*first, *other}) == len(first) + len(other)


def test_what_did_not_happen_sends_nothing():
    entry = one(bought="no", spend="0.00", visits="0")

    assert [event["name"] for event in entry.events] == ["experiment_viewed"]
    assert entry.values == {}


@pytest.mark.parametrize(
    ("cells", "code"),
    [
        ({"who": " "}, "no_id"),
        ({"who": "null"}, "illegal_id"),
        ({"who": "x" * 199}, "illegal_id"),
        ({"group": "C"}, "unknown_arm"),
        ({"page": "new"}, "contradiction"),
        ({"at": "yesterday"}, "time"),
        ({"at": "9999-12-31T23:59:59-14:00"}, "time"),
        ({"at": "2026-02-28"}, "too_early"),
        ({"at": "2026-04-02"}, "too_late"),
        ({"at": "2027-01-01"}, "future"),
        ({"bought": ""}, "empty"),
        ({"bought": "2"}, "not_yes_or_no"),
        ({"spend": "ten"}, "not_a_number"),
        ({"spend": "NaN"}, "not_a_number"),
        ({"spend": "1e13"}, "not_a_number"),
        ({"spend": "1_000"}, "not_a_number"),
        ({"spend": "123456789012.123456"}, "not_a_number"),
        ({"visits": "1.5"}, "not_a_count"),
        ({"visits": "1001"}, "not_a_count"),
    ],
)
def test_a_row_that_cannot_be_believed_is_left_out_with_its_reason(cells, code):
    rejected = one(**cells)

    assert isinstance(rejected, Rejected)
    assert (rejected.line, rejected.code) == (2, code)


def test_the_first_row_of_a_person_counts():
    first, second = many([{"bought": "0"}, {"bought": "1"}])

    assert "bought" not in first.values
    assert (second.line, second.code, second.person) == (3, "repeated", "ann")


def test_a_row_left_out_does_not_count_as_the_first():
    rejected, entry = many([{"page": "new"}, {}])

    assert rejected.code == "contradiction"
    assert isinstance(entry, Entry)


def test_a_person_in_two_arms_is_told_to_the_server_and_counted_in_neither():
    rows = many([{}, {"group": "B", "page": "new"}, {}])
    findings = Findings.of(read_mapping(MAPPING))

    sent = [findings.add(row) for row in rows]

    assert isinstance(rows[1], SecondArm)
    assert [event["properties"]["variant"] for event in sent[1]] == ["b"]
    assert sent[2] == ()
    assert (findings.persons, findings.mixed) == (0, 1)
    assert findings.arms["a"].reached == {"bought": 0, "spend": 0, "visits": 0}


def test_without_a_column_for_people_each_row_is_one():
    mapping = MAPPING.replace('[person]\ncolumn = "who"', "")

    visitors = [entry.events[0]["visitor_id"] for entry in many([{}, {}], mapping)]

    assert visitors == ["mail:row-1", "mail:row-2"]


def test_an_e_mail_address_is_not_kept():
    visitor = one(who="Ann@Example.com").events[0]["visitor_id"]

    assert "@" not in visitor
    assert visitor == one(who="ann@example.com ").events[0]["visitor_id"]


def test_an_empty_cell_means_nothing_only_where_the_mapping_says_so():
    mapping = MAPPING.replace('column = "bought"', 'column = "bought"\nempty = "nothing"')

    assert one(mapping, bought="").values.keys() == {"spend", "visits"}


def test_an_outcome_may_have_a_time_of_its_own_and_counts_inside_the_window_only():
    mapping = MAPPING.replace('column = "bought"', 'column = "bought"\ntime = "age"')

    early, late, inside = (one(mapping, age=age) for age in ("2026-03-04", "2026-04-05", "2026-03-06"))

    assert inside.events[1]["occurred_at"] == datetime(2026, 3, 5, 22, tzinfo=UTC)
    assert ["bought" in entry.values for entry in (early, late, inside)] == [False, False, True]


COMMA = MAPPING.replace("[person]", '[file]\ndecimal = ","\n[person]')


def test_a_decimal_comma():
    entry = one(COMMA, spend="1234,56")

    assert entry.values["spend"] == Decimal("1234.56")


@pytest.mark.parametrize("cell", ["1.234", "1.234,56", "10.10"])
def test_a_dot_beside_decimal_commas_is_reported_because_it_may_mean_thousands(cell):
    found = one(COMMA, spend=cell)

    assert isinstance(found, Rejected)
    assert (found.code, found.value) == ("not_a_number", f"spend: {cell}")


# The reader has refused NUL already.
TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=300)


@given(column=st.sampled_from(sorted(GOOD)), cell=TEXT)
def test_whatever_stands_in_a_cell_the_server_can_store_what_is_sent(column, cell):
    found = one(**{column: cell})

    if isinstance(found, Entry):
        sent = native.parse(ENCODER.encode({"events": found.events[:500]}), NOW, latest=None)
        assert all(isinstance(event, native.IncomingEvent) for event in sent)
