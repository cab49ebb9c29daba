"""What a variant may carry: one kind, one check. A new kind is one function and one line."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from tracking.selectors import NO_SELECTOR, is_selector

CTA_FIELDS = {"selector", "text", "background", "color"}
COLOUR = re.compile(r"#(?:[0-9a-fA-F]{3}|[0-9a-fA-F]{6})")
LONGEST_TEXT = 300

Complaints = dict[str, str | Promise]


@dataclass(frozen=True, slots=True)
class PayloadKind:
    """``complaints`` gives, by field, what is wrong with a variant's payload; empty when nothing is."""

    label: str | Promise
    complaints: Callable[[Mapping[str, Any], bool], Complaints]


def _cta(payload: Mapping[str, Any], is_control: bool) -> Complaints:
    wrong: Complaints = {name: _("This is not a field of a call to action.") for name in payload.keys() - CTA_FIELDS}
    for name in CTA_FIELDS & payload.keys():
        value = payload[name]
        if not isinstance(value, str) or len(value) > LONGEST_TEXT:
            wrong[name] = _("Write a text of at most 300 characters.")
        elif name in {"background", "color"} and value and not COLOUR.fullmatch(value):
            wrong[name] = _("Write a colour such as #0f7b4f.")
        elif name == "selector" and value and not is_selector(value):
            wrong[name] = NO_SELECTOR
    changes = any(payload.get(name) for name in ("text", "background", "color"))
    if changes and not payload.get("selector"):
        wrong["selector"] = _("Say where on the page: a CSS selector such as #buy.")
    if not changes and not is_control:
        wrong["text"] = _("Change something: the text or a colour.")
    return wrong


def _anything(_payload: Mapping[str, Any], _is_control: bool) -> Complaints:
    return {}


def _nothing(payload: Mapping[str, Any], _is_control: bool) -> Complaints:
    return {name: _("The other system shows the variant; nothing is set here.") for name in payload}


PAYLOADS: dict[str, PayloadKind] = {
    "cta": PayloadKind(_("A call to action: text and colour"), _cta),
    "json": PayloadKind(_("Whatever the developer reads from JSON"), _anything),
    "external": PayloadKind(_("Another system shows the variants"), _nothing),
}
