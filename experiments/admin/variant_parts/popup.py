"""The fields of a pop-up."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminTextareaWidget

from experiments.admin.variant_parts.controls import choice, number, words
from experiments.payloads.popup import CHECKS, LONGEST_WAIT, MOST_DAYS, PLACES

NAMES = ("title", "text", "button", "url", "place", "after", "seconds", "once_days", "close")
FIELD_OF = {name: f"popup_{name}" for name in NAMES}
LAYOUT = (
    ("popup_title", "popup_place"),
    "popup_text",
    ("popup_button", "popup_url"),
    ("popup_after", "popup_seconds"),
    ("popup_once_days", "popup_close"),
)


__all__ = ["CHECKS", "FIELD_OF", "LAYOUT", "PopupFields", "initial", "payload_of"]


class PopupFields(forms.Form):
    popup_title = words(_("Title"), example=_("10 % off your first order"))
    popup_text = forms.CharField(
        label=_("Text below the title"),
        required=False,
        max_length=300,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 2}),
    )
    popup_button = words(_("Button"), _("Without an address it closes the pop-up."), example=_("Show me"))
    popup_url = words(_("Address that the button leads to"), example="/offers", most=2000)
    popup_place = choice(_("Where it stands"), {key: PLACES[key] for key in ("corner", "bar")}, empty=PLACES["center"])
    popup_after = words(
        _("After which event"),
        _("The name of an event, such as add_to_cart. Empty: as soon as the page is there."),
        example="add_to_cart",
    )
    popup_seconds = number(
        _("Wait"), LONGEST_WAIT, _("After the event, or after the page is there."), suffix=_("seconds")
    )
    popup_once_days = number(
        _("Not again for"), MOST_DAYS, _("Empty: on every page. All variants need the same moment."), suffix=_("days")
    )
    popup_close = words(
        _("What the × is called"), _("Read aloud to people who do not see it. Empty: “Close”."), example=_("Close")
    )


def initial(payload: Mapping[str, Any]) -> dict[str, Any]:
    found = {field: payload.get(name, "") for name, field in FIELD_OF.items()}
    # The select's empty choice.
    return found | {"popup_place": "" if payload.get("place") == "center" else payload.get("place", "")}


def payload_of(cleaned: Mapping[str, Any]) -> dict[str, Any]:
    found = {name: cleaned.get(field) for name, field in FIELD_OF.items()}
    return {name: value for name, value in found.items() if value}
