"""Rows of somebody else's CSV file, one at a time, each with the line it begins on; the file is never in memory."""

import csv
import gzip
import io
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol

from django.utils.translation import gettext as _

# csv's own limit of 131,072 is kept for a field; this many columns or more is not a table.
MOST_COLUMNS = 1_000
GZIP_MAGIC = b"\x1f\x8b"


class CsvReader(Protocol):
    """What ``csv.reader`` gives, whose own type has no public name."""

    @property
    def line_num(self) -> int: ...

    def __next__(self) -> list[str]: ...


class WrongFile(Exception):
    """Not a file that rows can be read from."""


@dataclass(frozen=True, slots=True)
class Row:
    """``number`` counts the rows from 1; ``line`` is what an editor shows, the header included."""

    number: int
    line: int
    cells: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Rejected:
    """``person`` is empty where it is not known; ``code`` is one of ``experiments.importing.report.REASONS``."""

    line: int
    code: str
    person: str = ""
    value: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """An open file: its header, and everything below. ``source`` tells how far the reading has come."""

    header: tuple[str, ...]
    rows: Iterator[Row | Rejected]
    source: BinaryIO
    size: int


@contextmanager
def open_table(path: Path, delimiter: str = ",") -> Iterator[Table]:
    """CSV in UTF-8, with or without a byte-order mark, plain or gzipped. Raises ``WrongFile``, also from ``rows``."""
    try:
        source = path.open("rb")
    except OSError as error:
        raise WrongFile(f"{path}: {error.strerror}") from error
    with source:
        packed = source.read(2) == GZIP_MAGIC
        source.seek(0)
        plain = io.BufferedReader(gzip.GzipFile(fileobj=source)) if packed else source
        # Bytes that are no UTF-8 come through as surrogates, so that their row can be named and the others go on.
        text = io.TextIOWrapper(plain, encoding="utf-8-sig", errors="surrogateescape", newline="")
        reader = csv.reader(text, delimiter=delimiter)
        header = _header(reader)
        yield Table(header, _rows(reader, header), source, path.stat().st_size)


def _header(reader: CsvReader) -> tuple[str, ...]:
    _line, cells = next(_records(reader), (0, []))
    if isinstance(cells, csv.Error) or not any(cells):
        raise WrongFile(_("The first line must name the columns."))
    names = tuple(name.strip() for name in cells)
    twice = sorted({name for name in names if name and names.count(name) > 1})
    if twice:
        raise WrongFile(_("Two columns have the same name: %s") % ", ".join(twice))
    if len(names) > MOST_COLUMNS:
        raise WrongFile(_("More than %d columns: is this a table?") % MOST_COLUMNS)
    return names


def _rows(reader: CsvReader, header: tuple[str, ...]) -> Iterator[Row | Rejected]:
    number = 0
    for line, cells in _records(reader):
        if not cells:
            continue
        number += 1
        if isinstance(cells, csv.Error):
            yield Rejected(line, "unreadable", value=str(cells))
        elif len(cells) != len(header):
            yield Rejected(line, "columns", value=str(len(cells)))
        elif not "".join(cells).isprintable() and _unfit(cells):
            yield Rejected(line, "characters")
        else:
            yield Row(number, line, dict(zip(header, cells, strict=True)))


def _records(reader: CsvReader) -> Iterator[tuple[int, list[str] | csv.Error]]:
    """Each record with the line it begins on; a record in quotes may run over several."""
    while True:
        line = reader.line_num + 1
        try:
            yield line, next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield line, error
        except (OSError, EOFError, zlib.error) as error:
            raise WrongFile(_("The file breaks off or is damaged: %s") % error) from error


def _unfit(cells: list[str]) -> bool:
    return any(char == "\0" or "\ud800" <= char <= "\udfff" for cell in cells for char in cell)
