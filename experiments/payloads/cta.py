"""What a variant may change about a call to action: a button, a link or any other element."""

import re
from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

from experiments.payloads.checks import Complaints, Sentence, colour, complaints_of, one_of, selector, text
from tracking.naming import NO_SELECTOR
from tracking.selectors import is_selector

SIZES = {"small": _("Smaller"), "large": _("Larger")}
STICKY = {
    "top": _("At the top of the window"),
    "bottom": _("At the bottom of the window"),
    "floating": _("In the lower right corner"),
}
PLACES = {
    "first": _("First in its group"),
    "last": _("Last in its group"),
    "before": _("In front of another element"),
    "after": _("Behind another element"),
}
ICONS = {
    "arrow": _("Arrow →"),
    "cart": _("Cart 🛒"),
    "phone": _("Phone ☎"),
    "mail": _("Letter ✉"),
    "lock": _("Lock 🔒"),
    "star": _("Star ★"),
    "check": _("Tick ✓"),
    "gift": _("Gift 🎁"),
}
PERCENT = re.compile(r"([0-9]{2,3})%", re.ASCII)
SMALLEST, LARGEST = 50, 200


def _size(value: Any) -> Sentence | None:
    if isinstance(value, str) and (not value or value in SIZES):
        return None
    percent = PERCENT.fullmatch(value) if isinstance(value, str) else None
    fits = percent is not None and SMALLEST <= int(percent[1]) <= LARGEST
    return None if fits else _("Write small, large, or a size from 50% to 200%.")


def _position(value: Any) -> Sentence | None:
    if (wrong := text(value)) is not None or value in {"", "first", "last"}:
        return wrong
    where, _colon, beside = value.partition(":")
    if where not in {"before", "after"}:
        return _("Write first, last, before:#element or after:#element.")
    return None if is_selector(beside) else NO_SELECTOR


CHECKS = {
    "selector": selector,
    "text": text,
    "background": colour,
    "color": colour,
    "size": _size,
    "position": _position,
    "sticky": one_of(STICKY, _("Choose where it stays in sight: top, bottom or floating.")),
    "microcopy": text,
    "icon": one_of(ICONS, _("Choose one of the icons.")),
}


def complaints(payload: Mapping[str, Any], is_control: bool) -> Complaints:
    wrong = complaints_of(payload, CHECKS, _("This is not a field of a call to action."))
    changes = any(payload.get(name) for name in CHECKS.keys() - {"selector"})
    if changes and not payload.get("selector"):
        wrong["selector"] = _("Say where on the page: a CSS selector such as #buy.")
    if not changes and not is_control:
        wrong.setdefault("text", _("Change something: the text, a colour, the size or the place."))
    if payload.get("sticky"):
        away = _("What stays in sight leaves its place in the page: choose one of both.")
        wrong |= {name: away for name in ("position", "microcopy") if payload.get(name) and name not in wrong}
    return wrong
