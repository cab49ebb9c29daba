"""Writes what was measured between the marks of docs/operating-characteristics.md; the words around stay."""

from pathlib import Path

from tests.simulate.findings import table

DOCS = Path(__file__).resolve().parents[2] / "docs"
PAGE = DOCS / "operating-characteristics.md"
IMAGES = DOCS / "images"


def written(text, sections):
    """The page with each section's table between its marks. KeyError for a section that has no marks."""
    for name, findings in sections.items():
        start, end = marks(name)
        if start not in text or end not in text:
            raise KeyError(f"{PAGE.name} has no place for {name}: write {start} and {end}")
        before, after = text.split(start)[0], text.split(end)[1]
        text = f"{before}{start}\n{table(findings)}\n{end}{after}"
    return text


def marks(name):
    return f"<!-- measured: {name} -->", f"<!-- end: {name} -->"


def rows_of_page(text, name):
    """The table between a section's marks, as lists of cells."""
    start, end = marks(name)
    body = text.split(start)[1].split(end)[0]
    return [[cell.strip() for cell in row.strip("| ").split(" | ")] for row in body.strip().splitlines()]
