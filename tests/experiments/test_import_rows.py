"""Reading somebody else's CSV: every way in which a file can be odd, and the line that is told."""

import gzip

import pytest

from experiments.importing.rows import Rejected, WrongFile, open_table


def read(path, content, delimiter=","):
    path.write_bytes(content)
    with open_table(path, delimiter) as table:
        return list(table.rows)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "test.csv"


@pytest.mark.parametrize("dress", [bytes, gzip.compress, lambda raw: b"\xef\xbb\xbf" + raw])
def test_plain_gzipped_or_with_a_byte_order_mark(path, dress):
    (row,) = read(path, dress("group,who\nA,Оля\n".encode()))

    assert row.cells == {"group": "A", "who": "Оля"}
    assert (row.number, row.line) == (1, 2)


def test_a_spreadsheet_of_another_country(path):
    (row,) = read(path, b"group;spend\nA;12,50\n", ";")

    assert row.cells["spend"] == "12,50"


def test_lines_are_counted_as_an_editor_does(path):
    first, second = read(path, b'group,note\n\nA,"two\nlines"\nB,one\n')

    assert (first.line, second.line) == (3, 5)
    assert (first.number, second.number) == (1, 2)


def test_a_row_that_cannot_be_read_is_named_and_the_others_go_on(path):
    rows = read(path, b"a,b\n1\n1,2,3\n\xff,2\nx\x00,2\n1,2\n")

    assert [(row.line, row.code) for row in rows[:-1]] == [
        (2, "columns"),
        (3, "columns"),
        (4, "characters"),
        (5, "characters"),
    ]
    assert rows[-1].cells == {"a": "1", "b": "2"}


def test_an_endless_field_costs_its_row_only(path):
    rows = read(path, b"a,b\n" + b"x" * 200_000 + b",2\n1,2\n")

    assert isinstance(rows[0], Rejected)
    assert rows[0].code == "unreadable"
    assert rows[-1].cells == {"a": "1", "b": "2"}


@pytest.mark.parametrize("content", [b"", b"\n\n", b"a,b,a\n1,2,3\n", gzip.compress(b"a,b\n1,2\n" * 9_000)[:-20]])
def test_what_is_no_table_is_refused_with_a_sentence(path, content):
    with pytest.raises(WrongFile, match=r"\w+ \w+"):
        read(path, content)


def test_a_file_that_is_not_there(path):
    with pytest.raises(WrongFile, match="No such file"), open_table(path):
        pass
