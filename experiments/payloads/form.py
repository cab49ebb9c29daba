"""What a variant may change about a form: which fields it asks for, in which order and words, in how many steps."""

import re
from collections import Counter
from collections.abc import Mapping
from itertools import chain
from typing import Any

from django.utils.translation import gettext_lazy as _

from experiments.payloads.checks import Check, Complaints, Sentence, complaints_of, selector, text

MOST_FIELDS = 40
MOST_STEPS = 10
LONGEST_NAME = 100
# The words of the HTML standard that a field of a form may need.
TOKENS = (
    *("on", "off", "name", "given-name", "family-name", "honorific-prefix", "nickname", "organization"),
    *("organization-title", "email", "tel", "tel-national", "url", "username", "new-password", "current-password"),
    *("one-time-code", "street-address", "address-line1", "address-line2", "address-level1", "address-level2"),
    *("postal-code", "country", "country-name", "bday", "sex", "language", "cc-name", "cc-number", "cc-exp", "cc-csc"),
)
GROUPED = re.compile(r"(?:(?:shipping|billing) )?([a-z0-9-]+)")
# The marketer reads of fields what the page calls them.
NO_NAMES = _("Name fields as the page does, each once: at most 40, of at most 100 characters.")


def _is_name(value: Any) -> bool:
    return isinstance(value, str) and 0 < len(value) <= LONGEST_NAME


def _names(value: Any) -> Sentence | None:
    fits = isinstance(value, list) and len(value) <= MOST_FIELDS and all(_is_name(name) for name in value)
    return None if fits and len(set(value)) == len(value) else NO_NAMES


def _by_name(check: Check) -> Check:
    """For what is said of several fields: field name → value."""

    def complaint(value: Any) -> Sentence | None:
        if not isinstance(value, dict) or len(value) > MOST_FIELDS or not all(_is_name(name) for name in value):
            return NO_NAMES
        return next((wrong for one in value.values() if (wrong := check(one)) is not None), None)

    return complaint


def _yes_or_no(value: Any) -> Sentence | None:
    return None if isinstance(value, bool) else _("Say yes or no: true or false.")


def _token(value: Any) -> Sentence | None:
    word = GROUPED.fullmatch(value) if isinstance(value, str) else None
    return None if word and word[1] in TOKENS else _("Choose what browsers may fill in: email, tel, name and the like.")


def _steps(value: Any) -> Sentence | None:
    several = _("Make 2 to 10 steps, each with at least one field, and name no field twice.")
    if not isinstance(value, list) or len(value) > MOST_STEPS or len(value) == 1:
        return several
    if not all(isinstance(names, list) and names for names in value):
        return several
    flat = list(chain.from_iterable(value))
    return several if _names(flat) is not None else None


CHECKS: dict[str, Check] = {
    "selector": selector,
    "hide": _names,
    "order": _names,
    "labels": _by_name(text),
    "required": _by_name(_yes_or_no),
    "placeholders": _by_name(text),
    "autocomplete": _by_name(_token),
    "messages": _by_name(text),
    "progress": _yes_or_no,
    "steps": _steps,
    "button": text,
    "next": text,
    "back": text,
}
ASIDE = {"selector", "progress", "next", "back"}


def complaints(payload: Mapping[str, Any], is_control: bool) -> Complaints:
    wrong = complaints_of(payload, CHECKS, _("This is not a field of a form."))
    changes = any(payload.get(name) for name in CHECKS.keys() - ASIDE)
    if (changes or payload.get("progress")) and not payload.get("selector"):
        wrong["selector"] = _("Say which form: a CSS selector such as #signup-form.")
    if payload.get("progress") and not payload.get("steps"):
        wrong.setdefault("progress", _("A progress bar needs steps: say which fields belong to which step."))
    if not changes and not is_control:
        wrong.setdefault("selector", _("Change something: a field, the order, the steps or the button."))
    if not wrong:
        wrong |= _contradictions(payload)
    return wrong


def _contradictions(payload: Mapping[str, Any]) -> Complaints:
    hidden = set(payload.get("hide", ()))
    needed = {name for name, is_required in payload.get("required", {}).items() if is_required}
    stepped = set(chain.from_iterable(payload.get("steps", ())))
    if hidden & needed:
        return {"required": _("A hidden field cannot be required: nobody could fill it in.")}
    alone = [names for names in payload.get("steps", ()) if hidden.issuperset(names)]
    if alone and hidden & stepped:
        return {"steps": _("A step has only hidden fields: leave the step out.")}
    return {}


# ---- rows: the same, field by field, as a marketer fills it in ----

Row = dict[str, Any]
BY_FIELD = {"label": "labels", "placeholder": "placeholders", "autocomplete": "autocomplete", "message": "messages"}


def rows_of(payload: Mapping[str, Any]) -> list[Row]:
    """One row a field: those of the order first, the others as they are named."""
    said = [*payload.get("order", ()), *payload.get("hide", ()), *chain.from_iterable(payload.get("steps", ()))]
    said += chain.from_iterable(payload.get(part, {}) for part in (*BY_FIELD.values(), "required"))
    return [_row(payload, name) for name in Counter(said)]


def _row(payload: Mapping[str, Any], name: str) -> Row:
    row: Row = {"name": name, "hide": name in payload.get("hide", ())}
    row |= {part: payload.get(plural, {}).get(name, "") for part, plural in BY_FIELD.items()}
    needed = payload.get("required", {}).get(name)
    row["required"] = {None: "", True: "yes", False: "no"}[needed]
    row["step"] = next((at for at, names in enumerate(payload.get("steps", ()), 1) if name in names), 0)
    return row


def payload_of(rows: list[Row], *, in_order: bool) -> dict[str, Any]:
    """What the rows say. ``in_order``: the fields are put in the order of the rows. Empty steps in between fall out."""
    found: dict[str, Any] = {"hide": [row["name"] for row in rows if row.get("hide")]}
    found["order"] = [row["name"] for row in rows] if in_order else []
    for part, plural in BY_FIELD.items():
        found[plural] = {row["name"]: row[part] for row in rows if row.get(part)}
    found["required"] = {row["name"]: row["required"] == "yes" for row in rows if row.get("required")}
    numbers = sorted({row["step"] for row in rows if row.get("step")})
    found["steps"] = [[row["name"] for row in rows if row.get("step") == number] for number in numbers]
    return {part: value for part, value in found.items() if value}
