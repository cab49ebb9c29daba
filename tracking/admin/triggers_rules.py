"""The two lists of rows in the form of a trigger: when it counts, and what is told with it."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.text import format_lazy
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from tracking.admin.triggers_rows import Cell, Row, RowsField, Wording
from tracking.admin.triggers_words import COMPARISONS
from tracking.triggers import READ_AS, SOURCES, SUBJECTS, TRIGGER_KINDS, conditions_complaints, properties_complaints

CONDITION_CELLS = (
    Cell("subject", _("What"), [("", _("Choose …")), *((name, _(label)) for name, label in SUBJECTS.items())]),
    Cell(
        "comparison",
        _("How"),
        [(f"not {name}" if negated else name, words) for (name, negated), words in COMPARISONS.items()],
    ),
    Cell("value", _("Value"), placeholder="/pricing"),
)
PROPERTY_CELLS = (
    Cell("name", _("Name"), placeholder="value"),
    Cell("source", _("Where from"), [(name, _(label)) for name, label in SOURCES.items()]),
    Cell("from", _("Which")),
    Cell("selector", _("Of which element"), placeholder=".price", picks=True),
    Cell("as", _("Read as"), [(name, _(label)) for name, label in READ_AS.items()]),
)
# What a source is asked for: the label and an example of ``from``, and whether it is about an element.
SOURCE_HELP: dict[str, dict[str, Any]] = {
    "attribute": {"label": _("Which attribute"), "from": "data-price", "element": True},
    "text": {"element": True},
    "url": {"label": _("Which part"), "from": "path:2"},
    "data_layer": {"label": _("Which value"), "from": "ecommerce.value"},
    "constant": {"label": _("Which text"), "from": "summer"},
}


class ConditionsField(RowsField):
    """Which subjects a kind may ask about is only known with the kind: ``kind`` is set before ``clean``."""

    kind = ""

    def __init__(self) -> None:
        wording = Wording(_("Every time it happens."), _("+ Only when …"), _("Remove this condition"))
        super().__init__(CONDITION_CELLS, wording, label=_("Only when"), help_text=CONDITIONS_HELP)

    def to_rows(self, stored: Sequence[Mapping[str, Any]]) -> list[Row]:
        return [
            {
                "subject": one["subject"],
                "comparison": f"not {one['operator']}" if one.get("not") else one["operator"],
                "value": one["value"],
            }
            for one in stored
        ]

    def from_rows(self, rows: Sequence[Row]) -> list[dict[str, Any]]:
        return [
            {
                "subject": row["subject"],
                "operator": row["comparison"].removeprefix("not "),
                "value": row["value"],
                "not": row["comparison"].startswith("not "),
            }
            for row in rows
        ]

    def wrong(self, stored: Sequence[Mapping[str, Any]]) -> dict[int, dict[str, str]]:
        if self.kind not in TRIGGER_KINDS:
            return {}
        found = conditions_complaints(self.kind, stored)
        cells = {"subject": "subject", "operator": "comparison", "not": "comparison", "value": "value"}
        said = {n: {cells[part]: gettext(text) for part, text in parts.items()} for n, parts in found.items()}
        unsaid = {n: gettext("Choose what it is about.") for n, one in enumerate(stored) if not one["subject"]}
        return {n: parts | ({"subject": unsaid[n]} if n in unsaid else {}) for n, parts in said.items()}


class PropertiesField(RowsField):
    def __init__(self) -> None:
        wording = Wording(_("Only the page and what the kind tells by itself."), _("+ Tell …"), _("Do not tell this"))
        super().__init__(PROPERTY_CELLS, wording, label=_("Told with it"), help_text=PROPERTIES_HELP)

    def to_rows(self, stored: Sequence[Mapping[str, Any]]) -> list[Row]:
        usual = {"from": "", "selector": "", "as": "text"}
        return [{cell.name: {**usual, **one}[cell.name] for cell in PROPERTY_CELLS} for one in stored]

    def from_rows(self, rows: Sequence[Row]) -> list[dict[str, Any]]:
        """What its source does not ask for is left out, also when it was entered for another source before."""
        found = []
        for row in rows:
            about = SOURCE_HELP.get(row["source"], {"from": "", "element": True})
            place = row["from"] if "from" in about else ""
            found.append({**row, "from": place, "selector": row["selector"] if about.get("element") else ""})
        return found

    def wrong(self, stored: Sequence[Mapping[str, Any]]) -> dict[int, dict[str, str]]:
        found = properties_complaints(stored)
        return {n: {part: gettext(text) for part, text in parts.items()} for n, parts in found.items()}


CONDITIONS_HELP = _(
    "Optional. All of them must hold, such as “Path of the page starts with /shop”. "
    "Capital and small letters are the same, except in regular expressions."
)
PROPERTIES_HELP = format_lazy(
    "{} {}",
    _("Optional: a price, a product, a category, so that goals can add up money without a developer."),
    _("The nearest such element is taken, going up from the one it happened on. What visitors type is never read."),
)
