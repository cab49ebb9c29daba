"""What a variant changes, in words, for those who may no longer edit it."""

import json
from collections.abc import Callable, Iterator, Mapping
from itertools import chain
from typing import Any

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from experiments.models import Variant
from experiments.payloads.cta import ICONS, PLACES, SIZES, STICKY
from experiments.payloads.popup import PLACES as POPUP_PLACES

Payload = Mapping[str, Any]


def summary(variant: Variant) -> str:
    payload = variant.payload
    if not payload:
        return gettext("Nothing: the page as it is")
    in_words = WORDS.get(variant.experiment.kind)
    return in_words(payload) if in_words else json.dumps(payload, ensure_ascii=False)


def _listed(pairs: Iterator[tuple[Any, Any]]) -> str:
    return " · ".join(f"{label} {value}" if value else str(label) for label, value in pairs)


def _cta(payload: Payload) -> str:
    return _listed(_cta_pairs(payload))


def _cta_pairs(payload: Payload) -> Iterator[tuple[Any, Any]]:
    plain = (("text", _("text")), ("background", _("background")), ("color", _("text colour")))
    yield from ((label, payload[part]) for part, label in plain if payload.get(part))
    if microcopy := payload.get("microcopy"):
        yield _("below it"), microcopy
    named = (("icon", _("icon"), ICONS), ("size", _("size"), SIZES), ("sticky", _("in sight"), STICKY))
    for part, label, names in named:
        if value := payload.get(part):
            yield label, str(names.get(value, value)).lower()
    if payload.get("position"):
        where, _colon, beside = payload["position"].partition(":")
        yield PLACES.get(where, where), beside
    if payload.get("selector"):
        yield gettext("on"), payload["selector"]


BY_FIELD = (
    ("labels", _("words of")),
    ("placeholders", _("example in")),
    ("messages", _("complaint of")),
    ("autocomplete", _("browser fills")),
)


def _form(payload: Payload) -> str:
    plain = (("button", _("button")), ("next", _("next step")), ("back", _("step before")), ("selector", _("on")))
    rest = ((label, payload[part]) for part, label in plain if payload.get(part))
    return _listed(chain(_field_pairs(payload), _step_pairs(payload), rest))


def _field_pairs(payload: Payload) -> Iterator[tuple[Any, Any]]:
    needed = payload.get("required", {})
    lists = (
        (_("hidden:"), payload.get("hide")),
        (_("in this order:"), payload.get("order")),
        (_("required:"), [name for name in needed if needed[name]]),
        (_("not required:"), [name for name in needed if not needed[name]]),
    )
    yield from ((label, ", ".join(names)) for label, names in lists if names)
    for part, label in BY_FIELD:
        yield from ((f"{label} {name}:", text) for name, text in payload.get(part, {}).items())


def _step_pairs(payload: Payload) -> Iterator[tuple[Any, Any]]:
    if steps := payload.get("steps"):
        yield _("steps:"), " → ".join(", ".join(names) for names in steps)
    if payload.get("progress"):
        yield _("with a progress bar"), ""


def _popup(payload: Payload) -> str:
    return _listed(_popup_pairs(payload))


def _popup_pairs(payload: Payload) -> Iterator[tuple[Any, Any]]:
    yield from ((payload[part], "") for part in ("title", "text") if payload.get(part))
    for part, label in (("button", _("button")), ("url", _("leads to")), ("close", _("the × is called"))):
        if payload.get(part):
            yield label, payload[part]
    yield POPUP_PLACES.get(payload.get("place") or "center", ""), ""
    yield (_("after"), payload["after"]) if payload.get("after") else (_("as soon as the page is there"), "")
    if seconds := payload.get("seconds"):
        yield gettext("%(seconds)d seconds later") % {"seconds": seconds}, ""
    if days := payload.get("once_days"):
        yield gettext("not again for %(days)d days") % {"days": days}, ""


def _redirect(payload: Payload) -> str:
    return gettext("Sends visitors to %(address)s") % {"address": payload.get("url", "")}


def _value(payload: Payload) -> str:
    value = payload.get("value")
    return (gettext("On") if value else gettext("Off")) if isinstance(value, bool) else str(value)


WORDS: dict[str, Callable[[Payload], str]] = {
    "cta": _cta,
    "form": _form,
    "popup": _popup,
    "redirect": _redirect,
    **dict.fromkeys(("boolean", "string", "number"), _value),
}
