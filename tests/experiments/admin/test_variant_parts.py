"""Calls to action, forms and pop-ups as a marketer fills them in, and as they are read once the test runs."""

import json

import pytest
from django.urls import reverse

from experiments.admin.variant_words import summary
from experiments.models import Experiment, Variant
from tests.experiments.admin.forms import ORIGINAL, experiment_form
from tests.factories import make_experiment
from tests.rendered import controls

ADD = reverse("admin:experiments_experiment_add")
ROWS = [{"name": "email", "label": "Mail", "step": 1}, {"name": "phone", "hide": True}, {"name": "name", "step": 2}]
FILLED = [
    (
        "cta",
        {"cta_selector": "#buy", "cta_icon": "cart", "cta_size": "150%", "cta_place": "before", "cta_beside": "#price"},
        {"selector": "#buy", "icon": "cart", "size": "150%", "position": "before:#price"},
    ),
    (
        "form",
        {"form_selector": "#lead", "form_rows": json.dumps(ROWS), "form_in_order": "on", "form_progress": "on"},
        {
            "selector": "#lead",
            "hide": ["phone"],
            "order": ["email", "phone", "name"],
            "labels": {"email": "Mail"},
            "steps": [["email"], ["name"]],
            "progress": True,
        },
    ),
    (
        "popup",
        {"popup_title": "10 % off", "popup_after": "add_to_cart", "popup_once_days": "7", "popup_place": "bar"},
        {"title": "10 % off", "place": "bar", "after": "add_to_cart", "once_days": 7},
    ),
]


@pytest.mark.parametrize(("kind", "entered", "payload"), FILLED)
def test_what_is_filled_in_becomes_the_payload_and_comes_back(admin, project, kind, entered, payload):
    other = {"name": "Other", "weight": "1", **entered}
    admin.post(ADD, experiment_form(variants=[ORIGINAL, other], kind=kind, _continue="1"))
    made = Variant.objects.get(key="other")
    address = reverse("admin:experiments_experiment_change", args=[made.experiment_id])

    answer = admin.post(address, {**controls(admin.get(address), "experiment_form"), "_continue": "1"})

    assert (answer.status_code, made.payload) == (302, payload)
    made.refresh_from_db()
    assert made.payload == payload


@pytest.mark.parametrize(
    ("kind", "entered", "field"),
    [
        (
            "cta",
            {"cta_text": "Go", "cta_selector": "#a", "cta_place": "after", "cta_beside": "the price!"},
            "cta_place",
        ),
        ("cta", {"cta_selector": "#a", "cta_size": "900%"}, "cta_size"),
        ("form", {"form_selector": "#a", "form_rows": "[["}, "form_rows"),
        ("form", {"form_selector": "#a", "form_rows": json.dumps([ROWS[0], ROWS[0]])}, "form_rows"),
        ("form", {"form_selector": "#a", "form_rows": json.dumps([{**ROWS[1], "required": "yes"}])}, "form_rows"),
        ("form", {"form_rows": json.dumps([ROWS[1]])}, "form_selector"),
        ("popup", {"popup_title": "Hi", "popup_url": "javascript:alert(1)", "popup_button": "Go"}, "popup_url"),
        ("popup", {"popup_title": "Hi", "popup_seconds": "soon"}, "popup_seconds"),
    ],
)
def test_what_does_not_fit_is_told_at_its_field(admin, project, kind, entered, field):
    other = {"name": "Other", "weight": "1", **entered}

    answer = admin.post(ADD, experiment_form(variants=[ORIGINAL, other], kind=kind))

    assert list(answer.context["inline_admin_formsets"][0].formset.errors[1]) == [field]
    assert not Experiment.objects.exists()


def test_pop_ups_of_one_test_come_at_the_same_moment(admin, project):
    rows = [{"name": name, "weight": "1", "popup_title": name, "popup_seconds": str(len(name))} for name in ("A", "BB")]

    answer = admin.post(ADD, experiment_form(variants=[ORIGINAL, *rows], kind="popup"))

    assert list(answer.context["inline_admin_formsets"][0].formset.errors[2]) == ["popup_after"]


@pytest.mark.parametrize(
    ("kind", "payload", "words"),
    [
        ("cta", {"selector": "#buy", "text": "Go", "icon": "cart"}, "text Go · icon cart 🛒 · on #buy"),
        ("cta", FILLED[0][2], "icon cart 🛒 · size 150% · In front of another element #price · on #buy"),
        (
            "form",
            FILLED[1][2],
            "hidden: phone · in this order: email, phone, name · words of email: Mail · steps: email → name · "
            "with a progress bar · on #lead",
        ),
        ("popup", FILLED[2][2], "10 % off · Along the lower edge · after add_to_cart · not again for 7 days"),
        ("json", {"text": "Hello"}, '{"text": "Hello"}'),
        ("boolean", {"value": False}, "Off"),
        ("cta", {}, "Nothing: the page as it is"),
    ],
)
def test_a_variant_in_words(project, kind, payload, words):
    experiment = make_experiment(project, kind=kind, variants=["original", {"key": "new", "payload": payload}])

    assert summary(experiment.variants.get(key="new")) == words
