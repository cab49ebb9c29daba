"""What a pop-up says, where it stands and when it comes."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

from experiments.payloads.checks import Check, Complaints, Sentence, complaints_of, one_of, text, whole_number
from experiments.redirects import is_address
from tracking.triggers import EVENT_NAME

PLACES = {
    "center": _("In the middle: the page waits until it is closed"),
    "corner": _("In the lower right corner"),
    "bar": _("Along the lower edge"),
}
LONGEST_WAIT = 3_600
MOST_DAYS = 365
# When it comes is the same for every variant: whoever sees the original is counted at that moment too.
MOMENT = ("after", "seconds", "once_days")


def _url(value: Any) -> Sentence | None:
    fits = isinstance(value, str) and (not value or is_address(value))
    return None if fits else _("Write a whole address such as https://www.shop.example/new, or a path such as /new.")


def _event(value: Any) -> Sentence | None:
    fits = isinstance(value, str) and (not value or EVENT_NAME.fullmatch(value))
    return None if fits else _("Write the name of an event, such as add_to_cart.")


CHECKS: dict[str, Check] = {
    "title": text,
    "text": text,
    "button": text,
    "close": text,
    "url": _url,
    "after": _event,
    "seconds": whole_number(LONGEST_WAIT, _("Write whole seconds, from 0 to 3600.")),
    "place": one_of(PLACES, _("Choose a place: center, corner or bar.")),
    "once_days": whole_number(MOST_DAYS, _("Write whole days, from 0 to 365.")),
}


def complaints(payload: Mapping[str, Any], is_control: bool) -> Complaints:
    wrong = complaints_of(payload, CHECKS, _("This is not a field of a pop-up."))
    shows = payload.get("title") or payload.get("text")
    if not shows and (not is_control or payload.get("button")):
        wrong.setdefault("title", _("Say something: a title or a text."))
    if payload.get("url") and not payload.get("button"):
        wrong.setdefault("button", _("Say what stands on the button that leads there."))
    return wrong
