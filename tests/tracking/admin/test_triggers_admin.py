"""Triggers as a marketer makes them: one choice, then only what it asks for, and complaints that say what to do."""

import pytest
from django.urls import reverse

from tests.factories import make_project
from tests.rest import queries
from tracking.models import Trigger
from tracking.publishing import publish
from tracking.triggers import TRIGGER_KINDS

ADD = reverse("admin:tracking_trigger_add")
LIST = reverse("admin:tracking_trigger_changelist")


def form(kind="click", **fields):
    return {"name": "Buy button clicked", "kind": kind, "is_on": "on", "click__selector": "#buy", **fields}


def condition(number, subject="page_path", comparison="starts_with", value="/shop"):
    row = {"subject": subject, "comparison": comparison, "value": value}
    return {f"conditions-{number}-{cell}": text for cell, text in row.items()}


def told(number, **cells):
    row = {"name": "value", "source": "text", "from": "", "selector": ".price", "as": "number", **cells}
    return {f"properties-{number}-{cell}": text for cell, text in row.items()}


def change_url(trigger):
    return reverse("admin:tracking_trigger_change", args=[trigger.pk])


def errors_of(answer):
    return {field: list(texts) for field, texts in answer.context["adminform"].form.errors.items()}


def make_trigger(project, key="buy", **fields):
    usual = {"name": key.capitalize(), "kind": "click", "params": {"selector": f"#{key}"}}
    return Trigger.objects.create(project=project, key=key, **{**usual, **fields})


def test_a_kind_and_its_element_are_enough(admin, project):
    admin.post(ADD, form())

    trigger = Trigger.objects.get()
    assert (trigger.project, trigger.key, trigger.kind) == (project, "buy-button-clicked", "click")
    assert (trigger.params, trigger.event, trigger.is_on) == ({"selector": "#buy"}, "", True)


@pytest.mark.parametrize("kind", TRIGGER_KINDS)
def test_every_kind_can_be_made_with_what_it_offers(admin, project, kind):
    page = admin.get(ADD).context["adminform"].form
    offered = {name: page[name].value() for name in page.fields if name.startswith(f"{kind}__")}
    needed = {"selector": ".card", "name": "add_to_cart"}
    filled = {name: value or needed.get(name.partition("__")[2], "") for name, value in offered.items()}

    answer = admin.post(ADD, form(kind, **{name: value if value is not None else "" for name, value in filled.items()}))

    assert answer.status_code == 302, errors_of(answer)
    assert Trigger.objects.get().kind == kind


def test_what_was_entered_for_another_kind_is_forgotten(admin, project):
    admin.post(ADD, form("time_on_page", time_on_page__seconds="90", hover__selector="#menu"))

    assert Trigger.objects.get().params == {"seconds": 90}


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"click__selector": ""}, "click__selector"),
        ({"click__selector": "Buy now"}, "click__selector"),
        ({"kind": ""}, "kind"),
        ({"kind": "time_on_page", "time_on_page__seconds": "soon"}, "time_on_page__seconds"),
        ({"kind": "time_on_page", "time_on_page__seconds": "0"}, "time_on_page__seconds"),
        ({"kind": "scroll_depth", "scroll_depth__percents": "25, 101"}, "scroll_depth__percents"),
        ({"kind": "scroll_depth", "scroll_depth__percents": "nan"}, "scroll_depth__percents"),
        ({"kind": "data_layer"}, "data_layer__name"),
        ({"kind": "custom_event", "custom_event__name": "3 clicks"}, "event"),
        ({"event": "1st"}, "event"),
        ({"key": "versions"}, "key"),
    ],
)
def test_a_mistake_is_told_at_its_field(admin, project, fields, field):
    answer = admin.post(ADD, form(**fields))

    assert list(errors_of(answer)) == [field]


def test_percents_are_written_with_commas(admin, project):
    admin.post(ADD, form("scroll_depth", scroll_depth__percents="50 %, 90%,50"))

    trigger = Trigger.objects.get()
    assert trigger.params == {"percents": [50, 90]}
    assert 'value="50, 90"' in admin.get(change_url(trigger)).content.decode()


def test_conditions_are_rows_of_plain_fields(admin, project):
    rows = condition(0) | condition(4, "text", "not contains", "Sold out") | condition(5, "", "equals", "")

    admin.post(ADD, form(**rows))

    trigger = Trigger.objects.get()
    assert trigger.conditions == [
        {"subject": "page_path", "operator": "starts_with", "value": "/shop", "not": False},
        {"subject": "text", "operator": "contains", "value": "Sold out", "not": True},
    ]
    assert admin.get(change_url(trigger)).content.decode().count("data-row>") == 2 + 2  # and each list's blank one


def test_what_is_told_is_rows_too_and_only_what_its_source_asks_for(admin, project):
    sku = told(3, name="item_id", source="attribute", **{"from": "data-sku", "selector": ".card", "as": "text"})
    season = told(7, name="season", source="constant", **{"from": "summer", "selector": ".card", "as": "text"})

    admin.post(ADD, form(**told(1, **{"from": "left over"}), **sku, **season))

    assert Trigger.objects.get().properties == [
        {"name": "value", "source": "text", "from": "", "selector": ".price", "as": "number"},
        {"name": "item_id", "source": "attribute", "from": "data-sku", "selector": ".card", "as": "text"},
        {"name": "season", "source": "constant", "from": "summer", "selector": "", "as": "text"},
    ]


@pytest.mark.parametrize(
    ("row", "field", "cell"),
    [
        (condition(0, "text", "matches", "("), "conditions", "conditions-0-value"),
        (condition(0, "", "equals", "/shop"), "conditions", "conditions-0-subject"),
        (condition(0, "selector", "contains", ".card"), "conditions", "conditions-0-comparison"),
        (told(0, name="Value"), "properties", "properties-0-name"),
        (told(0, source="attribute"), "properties", "properties-0-from"),
        (told(0, selector="price tag"), "properties", "properties-0-selector"),
    ],
)
def test_a_mistake_in_a_row_is_told_there_and_nothing_entered_is_lost(admin, project, row, field, cell):
    answer = admin.post(ADD, form(**row))

    page = answer.content.decode()
    assert list(errors_of(answer)) == [field]
    marked = [tag for tag in page.split("<") if f'name="{cell}"' in tag]
    assert "aria-invalid" in marked[0]
    assert f'name="{field}-0-' in page


def test_a_condition_must_be_about_what_the_kind_knows(admin, project):
    answer = admin.post(ADD, form("time_on_page", **condition(0, "text", "equals", "Buy")))

    assert list(errors_of(answer)) == ["conditions"]
    assert "This kind of trigger cannot ask about that." in answer.content.decode()


def test_the_key_and_the_project_stay_what_they_were(admin, project):
    trigger = make_trigger(project)

    admin.post(change_url(trigger), form(key="other", project=make_project().pk, name="New name"))

    trigger.refresh_from_db()
    assert (trigger.key, trigger.project, trigger.name) == ("buy", project, "New name")


def test_the_list_says_how_each_trigger_stands(admin, project):
    make_trigger(project, "published")
    changed, leaving = make_trigger(project, "changed"), make_trigger(project, "leaving")
    publish(project.pk, author="ann")
    make_trigger(project, "added")
    make_trigger(project, "unused", is_on=False)
    Trigger.objects.filter(pk=changed.pk).update(event="other")
    Trigger.objects.filter(pk=leaving.pk).update(is_on=False)

    answer = admin.get(LIST)

    states = {row.key: row.standing for row in answer.context["cl"].result_list}
    assert states == {key: key if key != "leaving" else "off" for key in states}
    assert len(states) == 5
    assert "1 new, 1 changed, 1 taken away" in " ".join(answer.content.decode().split())


def test_nothing_is_said_of_publishing_when_pages_follow_all(admin, project):
    make_trigger(project)
    publish(project.pk, author="ann")

    assert "do not follow" not in admin.get(LIST).content.decode()


def test_a_deleted_trigger_is_on_the_pages_until_the_next_publishing(admin, project):
    trigger = make_trigger(project)
    publish(project.pk, author="ann")

    admin.post(reverse("admin:tracking_trigger_delete", args=[trigger.pk]), {"post": "yes"})

    assert not Trigger.objects.exists()
    assert "1 taken away" in admin.get(LIST).content.decode()


def test_the_list_costs_the_same_for_many(admin, project):
    for number in range(5):
        make_trigger(project, f"one-{number}")
    publish(project.pk, author="ann")
    make_trigger(project, "new")

    # session, user, the list and two counts of it, projects to filter by; drafts, published, its body once, names
    with queries(10):
        assert admin.get(LIST).status_code == 200


def test_making_and_changing_a_trigger_costs_few_queries(admin, project):
    trigger = make_trigger(project)

    with queries(5):
        assert admin.get(change_url(trigger)).status_code == 200
    with queries(6):
        assert admin.get(ADD).status_code == 200


def test_an_empty_list_says_what_a_trigger_is(admin, project):
    assert "No trigger yet" in admin.get(LIST).content.decode()
