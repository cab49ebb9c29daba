"""Each kind of variant has its own field, and becomes a payload of that kind."""

import pytest
from django.urls import reverse

from experiments.models import Variant
from tests.experiments.admin.forms import ORIGINAL, experiment_form
from tests.factories import make_experiment
from tests.rendered import controls

ADD = reverse("admin:experiments_experiment_add")


@pytest.mark.parametrize(
    ("kind", "field", "entered", "payload"),
    [
        ("redirect", "to_url", "/pricing-new", {"url": "/pricing-new"}),
        ("boolean", "flag_on", "on", {"value": True}),
        ("boolean", "flag_on", "off", {"value": False}),
        ("string", "flag_text", " Hello ", {"value": " Hello "}),
        ("number", "flag_number", "3", {"value": 3}),
        ("number", "flag_number", "0.25", {"value": 0.25}),
        ("number", "flag_number", "", {}),
    ],
)
def test_what_is_entered_becomes_the_payload_and_comes_back(admin, project, kind, field, entered, payload):
    other = {"name": "Other", "weight": "1", field: entered}
    admin.post(ADD, experiment_form(variants=[ORIGINAL, other], kind=kind, _continue="1"))
    made = Variant.objects.get(key="other")
    address = reverse("admin:experiments_experiment_change", args=[made.experiment_id])

    answer = admin.post(address, {**controls(admin.get(address), "experiment_form"), "_continue": "1"})

    assert (answer.status_code, made.payload) == (302, payload)
    assert type(made.payload.get("value")) is type(payload.get("value"))
    made.refresh_from_db()
    assert made.payload == payload


@pytest.mark.parametrize(
    ("kind", "field", "entered"),
    [("redirect", "to_url", "javascript:alert(1)"), ("number", "flag_number", "many"), ("boolean", "flag_on", "maybe")],
)
def test_what_does_not_fit_is_told_at_its_field(admin, project, kind, field, entered):
    other = {"name": "Other", "weight": "1", field: entered}

    answer = admin.post(ADD, experiment_form(variants=[ORIGINAL, other], kind=kind))

    variants = answer.context["inline_admin_formsets"][0].formset
    assert list(variants.errors[1]) == [field]


def test_a_running_test_says_what_each_variant_does(admin, project):
    variants = [{"key": "old", "payload": {}}, {"key": "new", "payload": {"url": "/new"}}]
    running = make_experiment(project, kind="redirect", variants=variants, status="running")

    shown = admin.get(reverse("admin:experiments_experiment_change", args=[running.pk])).content.decode()

    assert "Sends visitors to /new" in shown
