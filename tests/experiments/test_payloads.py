"""What a variant may carry, kind by kind: what is legal, and what is said of the rest."""

from typing import Any

import pytest

from experiments.payloads import PAYLOADS
from experiments.payloads.form import payload_of, rows_of

CTA = {"selector": "#buy", "text": "Buy now"}
FORM = {"selector": "#lead", "hide": ["phone"]}
POPUP = {"title": "10 % off"}
LEGAL: list[tuple[str, dict[str, Any]]] = [
    ("cta", CTA),
    ("cta", {"selector": "#buy", "background": "#0f7b4f", "color": "#fff"}),
    ("cta", {"selector": "#buy", "size": "120%", "icon": "cart", "microcopy": "Cancel at any time"}),
    ("cta", {"selector": "#buy", "position": "before:.price > b"}),
    ("cta", {"selector": "#buy", "sticky": "floating"}),
    ("form", FORM | {"order": ["email", "name"], "labels": {"email": "Mail"}, "required": {"email": True}}),
    ("form", {"selector": "#lead", "steps": [["email"], ["name"]], "progress": True, "next": "Go", "back": "Back"}),
    ("form", {"selector": "#lead", "autocomplete": {"email": "shipping email"}, "messages": {"email": "Please"}}),
    ("popup", POPUP | {"button": "Show", "url": "/offers", "after": "add_to_cart", "seconds": 5, "once_days": 7}),
    ("popup", {"text": "Hello", "place": "bar", "close": "Schließen"}),
]
WRONG = [
    ("cta", {"text": "Buy"}, "selector"),
    ("cta", {"selector": "#buy"}, "text"),
    ("cta", CTA | {"html": "<b>"}, "html"),
    ("cta", CTA | {"size": "500%"}, "size"),
    ("cta", CTA | {"size": 2}, "size"),
    ("cta", CTA | {"position": "inside:#x"}, "position"),
    ("cta", CTA | {"position": "before:buy now!"}, "position"),
    ("cta", CTA | {"icon": "bomb"}, "icon"),
    ("cta", CTA | {"microcopy": "x" * 301}, "microcopy"),
    ("cta", CTA | {"sticky": "top", "microcopy": "Below what?"}, "microcopy"),
    ("cta", CTA | {"background": "red;}"}, "background"),
    ("form", FORM | {"selector": ""}, "selector"),
    ("form", {"selector": "#lead"}, "selector"),
    ("form", FORM | {"hide": ["a", "a"]}, "hide"),
    ("form", FORM | {"hide": [["a"]]}, "hide"),
    ("form", FORM | {"hide": [f"f{n}" for n in range(41)]}, "hide"),
    ("form", FORM | {"required": {"phone": True}}, "required"),
    ("form", FORM | {"required": {"email": "yes"}}, "required"),
    ("form", FORM | {"labels": {"email": 3}}, "labels"),
    ("form", FORM | {"labels": ["email"]}, "labels"),
    ("form", FORM | {"autocomplete": {"email": "javascript"}}, "autocomplete"),
    ("form", FORM | {"progress": True}, "progress"),
    ("form", FORM | {"steps": [["email"]]}, "steps"),
    ("form", FORM | {"steps": [["email"], ["email"]]}, "steps"),
    ("form", FORM | {"steps": [["email"], ["phone"]]}, "steps"),
    ("form", FORM | {"steps": [["email"], []]}, "steps"),
    ("popup", {"button": "Go"}, "title"),
    ("popup", POPUP | {"url": "/offers"}, "button"),
    ("popup", POPUP | {"button": "Go", "url": "javascript:alert(1)"}, "url"),
    ("popup", POPUP | {"after": "no\nevent"}, "after"),
    ("popup", POPUP | {"seconds": -1}, "seconds"),
    ("popup", POPUP | {"seconds": True}, "seconds"),
    ("popup", POPUP | {"once_days": 1.5}, "once_days"),
    ("popup", POPUP | {"place": "everywhere"}, "place"),
]


@pytest.mark.parametrize(("kind", "payload"), LEGAL)
def test_what_is_legal_is_not_complained_about(kind, payload):
    assert PAYLOADS[kind].complaints(payload, False) == {}


@pytest.mark.parametrize(("kind", "payload", "field"), WRONG)
def test_what_is_wrong_is_told_at_its_field(kind, payload, field):
    assert list(PAYLOADS[kind].complaints(payload, False)) == [field]


@pytest.mark.parametrize("kind", ["cta", "form", "popup", "redirect"])
def test_the_original_needs_nothing_and_others_something(kind):
    complaints = PAYLOADS[kind].complaints

    assert (complaints({}, True), bool(complaints({}, False))) == ({}, True)


@pytest.mark.parametrize(("kind", "field"), [(kind, field) for kind, payload in LEGAL for field in payload])
@pytest.mark.parametrize("value", [None, 7, [], {}, [None], {"x": None}, "\x00" * 400, True])
def test_whatever_is_sent_gets_sentences_and_no_error(kind, field, value):
    complaints = PAYLOADS[kind].complaints({field: value}, False)

    assert all(str(sentence) for sentence in complaints.values())


def test_rows_say_the_same_as_the_payload():
    payload = {
        "hide": ["phone"],
        "order": ["email", "name", "phone"],
        "labels": {"email": "Mail"},
        "required": {"name": False, "email": True},
        "messages": {"email": "Please"},
        "autocomplete": {"email": "email"},
        "placeholders": {"name": "Ann"},
        "steps": [["email"], ["name"]],
    }

    assert payload_of(rows_of(payload), in_order=True) == payload


def test_empty_steps_in_between_fall_out():
    rows = [{"name": "email", "step": 4}, {"name": "name", "step": 2}]

    assert payload_of(rows, in_order=False) == {"steps": [["name"], ["email"]]}
