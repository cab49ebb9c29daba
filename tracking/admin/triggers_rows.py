"""Rows of plain fields under one label: the conditions of a trigger, and what is told with its event."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from unfold.widgets import INPUT_CLASSES, SELECT_CLASSES

Words = str | Promise
Row = dict[str, str]


@dataclass(frozen=True)
class Cell:
    """One field of a row: a list to choose from where there are ``choices``, else a text. ``picks``: an element."""

    name: str
    label: Words
    choices: Sequence[tuple[str, Words]] = ()
    placeholder: str = ""
    picks: bool = False


@dataclass(frozen=True)
class Wording:
    """``none``: what it means that there is no row."""

    none: Words
    add: Words
    remove: Words


class Entered(list[Row]):
    """Rows as the page sent them."""


class RowsWidget(forms.Widget):
    """Fields are called ``<name>-<number>-<cell>``. ``complaints``: by the number of the row and the cell.

    ``project``: whose pages elements are picked on, where the form does not let one choose it.
    """

    template_name = "tracking/admin/triggers/rows.html"
    project: int | None = None

    def __init__(self, cells: Sequence[Cell], wording: Wording) -> None:
        super().__init__()
        self.cells, self.wording = cells, wording
        self.complaints: dict[int, dict[str, str]] = {}

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Entered:
        """Rows in which nothing was entered are left out."""
        found = (re.fullmatch(rf"{re.escape(name)}-([0-9]{{1,4}})-[a-z_]+", key) for key in data)
        numbers = sorted({int(match[1]) for match in found if match})
        rows = [{cell.name: data.get(f"{name}-{n}-{cell.name}", "").strip() for cell in self.cells} for n in numbers]
        return Entered(row for row in rows if self.is_begun(row))

    def is_begun(self, row: Row) -> bool:
        """A list with no empty choice says nothing of whether somebody began."""
        return any(row[cell.name] for cell in self.cells if not cell.choices or cell.choices[0][0] == "")

    def value_omitted_from_data(self, data: Any, files: Any, name: str) -> bool:
        return False

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context(name, value, attrs)
        looks = {"input": " ".join(INPUT_CLASSES), "select": " ".join(SELECT_CLASSES)}
        rows = [self._row(name, str(number), row) for number, row in enumerate(value or [])]
        context["widget"] |= {
            "rows": rows,
            "blank": self._row(name, "__n__", {}),
            "next": len(rows),
            "wording": self.wording,
            "looks": looks,
            "project": self.project,
        }
        return context

    def _row(self, name: str, number: str, row: Mapping[str, str]) -> list[dict[str, Any]]:
        wrong = self.complaints.get(int(number), {}) if number.isdecimal() else {}
        return [
            {
                "cell": cell,
                "name": f"{name}-{number}-{cell.name}",
                "value": row.get(cell.name, ""),
                "wrong": wrong.get(cell.name, ""),
            }
            for cell in self.cells
        ]


class RowsField(forms.Field):
    """Rows as the page has them; subclasses turn them into what is stored and back."""

    def __init__(self, cells: Sequence[Cell], wording: Wording, **kwargs: Any) -> None:
        super().__init__(widget=RowsWidget(cells, wording), required=False, **kwargs)

    def to_rows(self, stored: Sequence[Mapping[str, Any]]) -> list[Row]:
        raise NotImplementedError

    def from_rows(self, rows: Sequence[Row]) -> list[dict[str, Any]]:
        raise NotImplementedError

    def wrong(self, stored: Sequence[Mapping[str, Any]]) -> dict[int, dict[str, str]]:
        """By the number of the row, and the cell where to say it."""
        raise NotImplementedError

    def prepare_value(self, value: Any) -> Any:
        """What somebody has entered stays as entered."""
        return value if isinstance(value, Entered) else self.to_rows(value or [])

    @property
    def rows_widget(self) -> RowsWidget:
        assert isinstance(self.widget, RowsWidget)
        return self.widget

    def clean(self, value: Any) -> list[dict[str, Any]]:
        stored = self.from_rows(value or [])
        self.rows_widget.complaints = self.wrong(stored)
        if self.rows_widget.complaints:
            # What is wrong stands in the row itself.
            raise ValidationError(_("Please correct the fields marked above."))
        return stored

    def has_changed(self, initial: Any, data: Any) -> bool:
        return self.from_rows(data or []) != self.from_rows(self.to_rows(initial or []))
