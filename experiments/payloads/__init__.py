"""What a variant may carry: one kind, one check. A new kind is one function and one line."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from experiments.javascript import in_range
from experiments.payloads import cta, form, popup
from experiments.payloads.checks import COLOUR, Complaints
from experiments.redirects import is_address

__all__ = ["COLOUR", "PAYLOADS", "Complaints", "PayloadKind", "flag_value"]

LONGEST_VALUE = 2_000
LARGEST_NUMBER = 2**53


@dataclass(frozen=True, slots=True)
class PayloadKind:
    """``complaints`` gives, by field, what is wrong with a variant's payload; empty when nothing is.

    ``value_field``: the one field that a feature-flag client wants; None where it wants the whole payload.
    """

    label: str | Promise
    complaints: Callable[[Mapping[str, Any], bool], Complaints]
    value_field: str | None = None


def _redirect(payload: Mapping[str, Any], is_control: bool) -> Complaints:
    wrong: Complaints = {name: _("This is not a field of a redirect.") for name in payload.keys() - {"url"}}
    address = payload.get("url", "")
    if not isinstance(address, str) or (address and not is_address(address)):
        wrong["url"] = _("Write a whole address such as https://www.shop.example/new, or a path such as /new.")
    elif not address and not is_control:
        wrong["url"] = _("Say which page these visitors are sent to.")
    return wrong


def _valued(fits: Callable[[Any], bool], sentence: str | Promise) -> Callable[[Mapping[str, Any], bool], Complaints]:
    def complaints(payload: Mapping[str, Any], _is_control: bool) -> Complaints:
        wrong: Complaints = {name: _("This kind has one value only.") for name in payload.keys() - {"value"}}
        if not fits(payload.get("value")):
            wrong["value"] = sentence
        return wrong

    return complaints


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < LARGEST_NUMBER


def _anything(payload: Mapping[str, Any], _is_control: bool) -> Complaints:
    told = _("It has a number of more than 19 digits, which not every program can read, or it is nested too deeply.")
    return {name: told for name, value in payload.items() if not in_range(value)}


def _nothing(payload: Mapping[str, Any], _is_control: bool) -> Complaints:
    return {name: _("The other system shows the variant; nothing is set here.") for name in payload}


PAYLOADS: dict[str, PayloadKind] = {
    "cta": PayloadKind(_("A call to action: its words, look and place"), cta.complaints),
    "form": PayloadKind(_("A form: its fields, their order, words and steps"), form.complaints),
    "popup": PayloadKind(_("A pop-up: shown at once or after something was done"), popup.complaints),
    "redirect": PayloadKind(_("Another page: the visitor is sent there"), _redirect, "url"),
    "boolean": PayloadKind(
        _("A switch for the developer: on or off"),
        _valued(lambda value: isinstance(value, bool), _("Say on or off: true or false.")),
        "value",
    ),
    "string": PayloadKind(
        _("A text for the developer"),
        _valued(
            lambda value: isinstance(value, str) and len(value) <= LONGEST_VALUE,
            _("Write a text of at most 2,000 characters."),
        ),
        "value",
    ),
    "number": PayloadKind(
        _("A number for the developer"), _valued(_is_number, _("Write a number, such as 3 or 0.25.")), "value"
    ),
    "json": PayloadKind(_("Whatever the developer reads from JSON"), _anything),
    "external": PayloadKind(_("Another system shows the variants"), _nothing),
}


def flag_value(kind: str, payload: Mapping[str, Any]) -> Any:
    """What a feature-flag client reads of a variant: the one value of a typed kind, else the whole payload."""
    field = PAYLOADS[kind].value_field
    return payload if field is None else payload.get(field)
