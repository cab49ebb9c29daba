"""Checks that the payloads of several kinds share: each gives a sentence, or None when there is nothing to say."""

import re
from collections.abc import Callable, Collection, Mapping
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from tracking.naming import NO_SELECTOR
from tracking.selectors import is_selector

COLOUR = re.compile(r"#(?:[0-9a-fA-F]{3}|[0-9a-fA-F]{6})")
LONGEST_TEXT = 300

Sentence = str | Promise
Complaints = dict[str, Sentence]
Check = Callable[[Any], Sentence | None]

NO_TEXT = _("Write a text of at most 300 characters.")


def complaints_of(payload: Mapping[str, Any], checks: Mapping[str, Check], unknown: Sentence) -> Complaints:
    """What each field's own check says; ``unknown`` of fields without one."""
    wrong: Complaints = dict.fromkeys(payload.keys() - checks.keys(), unknown)
    for name, check in checks.items():
        if name in payload and (sentence := check(payload[name])) is not None:
            wrong[name] = sentence
    return wrong


def text(value: Any) -> Sentence | None:
    return None if isinstance(value, str) and len(value) <= LONGEST_TEXT else NO_TEXT


def colour(value: Any) -> Sentence | None:
    return text(value) or (None if not value or COLOUR.fullmatch(value) else _("Write a colour such as #0f7b4f."))


def selector(value: Any) -> Sentence | None:
    return text(value) or (None if not value or is_selector(value) else NO_SELECTOR)


def one_of(names: Collection[str], sentence: Sentence) -> Check:
    return lambda value: None if value == "" or (isinstance(value, str) and value in names) else sentence


def whole_number(most: int, sentence: Sentence) -> Check:
    def check(value: Any) -> Sentence | None:
        fits = isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= most
        return None if fits else sentence

    return check
