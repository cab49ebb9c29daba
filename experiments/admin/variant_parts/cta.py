"""The fields of a call to action."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from experiments.admin.fields import ColourField
from experiments.admin.variant_parts.controls import choice, selector, words
from experiments.payloads.cta import CHECKS, ICONS, PLACES, SIZES, STICKY

# Form field → field of the payload; the place has two of its own.
PARTS = {
    "cta_selector": "selector",
    "cta_text": "text",
    "cta_microcopy": "microcopy",
    "cta_icon": "icon",
    "cta_background": "background",
    "cta_color": "color",
    "cta_size": "size",
    "cta_sticky": "sticky",
}
FIELD_OF = {part: field for field, part in PARTS.items()} | {"position": "cta_place"}
PERCENTS = {f"{percent}%": f"{percent} %" for percent in (75, 90, 110, 150, 175, 200)}
LAYOUT = (
    ("cta_text", "cta_selector"),
    ("cta_microcopy", "cta_icon"),
    ("cta_background", "cta_color"),
    ("cta_size", "cta_sticky"),
    ("cta_place", "cta_beside"),
)


__all__ = ["CHECKS", "FIELD_OF", "LAYOUT", "CtaFields", "initial", "payload_of"]


class CtaFields(forms.Form):
    cta_text = words(
        _("Text of the button"), _("Empty: the text of the page stays."), example=_("Start free, no card needed")
    )
    cta_selector = selector(
        _("Where on the page"),
        _("A CSS selector that names the element, such as #signup or .buy-button. Or pick it on your page."),
        example="#signup",
    )
    cta_microcopy = words(
        _("Small text below"), _("One line that takes a doubt away."), example=_("Cancel at any time"), most=300
    )
    cta_icon = choice(_("Icon"), ICONS, empty=_("None added"))
    cta_background = ColourField(
        label=_("Background"), required=False, help_text=_("Empty: the colour of the page stays.")
    )
    cta_color = ColourField(label=_("Text colour"), required=False, help_text=_("Empty: the colour of the page stays."))
    cta_size = choice(_("Size"), {**SIZES, **PERCENTS})
    cta_sticky = choice(_("Always in sight"), STICKY, empty=_("No: it scrolls with the page"))
    cta_place = choice(
        _("Place"), PLACES, _("In pages made with React or the like, rather choose a place in its group.")
    )
    cta_beside = selector(_("Beside which element"), _("In front of this element, or behind it."), example="#price")


def initial(payload: Mapping[str, Any]) -> dict[str, Any]:
    where, _colon, beside = str(payload.get("position", "")).partition(":")
    return {field: payload.get(part, "") for field, part in PARTS.items()} | {"cta_place": where, "cta_beside": beside}


def payload_of(cleaned: Mapping[str, Any]) -> dict[str, Any]:
    found = {part: cleaned.get(field, "") for field, part in PARTS.items()}
    place = cleaned.get("cta_place", "")
    found["position"] = f"{place}:{cleaned.get('cta_beside', '')}" if place in {"before", "after"} else place
    return {part: value for part, value in found.items() if value}
