"""/api/v1/triggers/: what a trigger may be, what is refused with its place, and versions."""

import pytest

from tests.factories import make_project
from tests.rest import queries, rest_of
from tracking.models import Trigger
from tracking.publishing import published

pytestmark = pytest.mark.django_db

CLICK = {"key": "buy", "kind": "click", "params": {"selector": "#buy"}}


@pytest.fixture
def project():
    return make_project("shop")


@pytest.fixture
def rest(project):
    return rest_of(project)


def test_a_key_a_kind_and_what_it_needs_are_enough(rest):
    trigger = rest.ok("POST", "triggers/", CLICK)

    assert (trigger["name"], trigger["event"], trigger["is_on"]) == ("Buy", "", True)
    assert (trigger["conditions"], trigger["properties"]) == ([], [])
    assert trigger == rest.ok("GET", "triggers/buy/")


def test_every_field_comes_back_as_it_was_sent(rest):
    fields = {
        "key": "offer", "name": "Offer seen", "kind": "element_visible", "event": "offer_seen", "is_on": False,
        "params": {"selector": "#offer", "seconds": 2.5, "share": 80},
        "conditions": [{"subject": "page_path", "operator": "contains", "value": " a ", "not": True}],
        "properties": [{"name": "value", "source": "text", "from": "", "selector": ".price", "as": "number"}],
    }  # fmt: skip

    trigger = rest.ok("POST", "triggers/", fields)

    assert {name: trigger[name] for name in fields} == fields
    assert trigger.keys() - fields.keys() == {"created_at", "updated_at"}


CONDITION = {"subject": "page_path", "operator": "equals", "value": "/"}
BROKEN = {**CONDITION, "operator": "matches", "value": "("}
PROPERTY = {"name": "value", "source": "text"}


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({"key": "Big Key"}, ("invalid", "key")),
        ({"key": "publish"}, ("reserved", "key")),
        ({"kind": "telepathy"}, ("invalid_choice", "kind")),
        ({"kind": None}, ("null", "kind")),
        ({"event": "1st"}, ("invalid", "event")),
        ({"params": []}, ("not_a_dict", "params")),
        ({"params": {}}, ("invalid", "params.selector")),
        ({"params": {"selector": "Buy now"}}, ("invalid", "params.selector")),
        ({"params": {"selector": "#buy", "seconds": 3}}, ("invalid", "params.seconds")),
        ({"kind": "time_on_page", "params": {"seconds": "30"}}, ("invalid", "params.seconds")),
        ({"kind": "time_on_page", "params": {"seconds": 0}}, ("invalid", "params.seconds")),
        ({"kind": "custom_event", "params": {"name": "3 clicks"}}, ("invalid", "event")),
        ({"conditions": [{**CONDITION, "subject": "weather"}]}, ("invalid_choice", "conditions.0.subject")),
        (
            {"conditions": [CONDITION, {**CONDITION, "operator": "matches", "value": "("}]},
            ("invalid", "conditions.1.value"),
        ),
        ({"conditions": [{**CONDITION, "negated": True}]}, ("unknown", "conditions.0.negated")),
        ({"conditions": [CONDITION] * 21}, ("max_length", "conditions.non_field_errors")),
        ({"properties": [PROPERTY, PROPERTY]}, ("invalid", "properties.1.name")),
        ({"properties": [{"name": "value", "source": "attribute"}]}, ("invalid", "properties.0.from")),
        ({"properties": [{**PROPERTY, "as": "money"}]}, ("invalid_choice", "properties.0.as")),
        ({"project": 1}, ("unknown", "project")),
        ({"created_at": "2020-01-01"}, ("read_only", "created_at")),
    ],
)
def test_what_is_no_trigger_is_refused_with_its_place(rest, fields, error):
    assert rest.refused("POST", "triggers/", {**CLICK, **fields}) == (400, [error])


def test_the_same_key_twice_is_409_within_a_project_only(rest):
    rest.ok("POST", "triggers/", CLICK)

    assert rest.refused("POST", "triggers/", CLICK) == (409, [("already_exists", "key")])
    rest_of(make_project("other")).ok("POST", "triggers/", CLICK)


def test_a_project_has_two_hundred_triggers_at_most(project, rest):
    Trigger.objects.bulk_create([Trigger(project=project, key=f"t{n}", name="x", kind="share") for n in range(200)])

    assert rest.refused("POST", "triggers/", CLICK) == (409, [("too_many", None)])


def test_a_change_touches_only_what_it_names_and_must_fit_the_rest(rest):
    rest.ok("POST", "triggers/", {**CLICK, "event": "buy"})

    changed = rest.ok("PATCH", "triggers/buy/", {"is_on": False})

    assert (changed["is_on"], changed["event"], changed["params"]) == (False, "buy", {"selector": "#buy"})
    assert rest.refused("PATCH", "triggers/buy/", {"kind": "share"}) == (400, [("invalid", "params.selector")])
    assert rest.refused("PATCH", "triggers/buy/", {"key": "other"}) == (400, [("immutable", "key")])


def test_triggers_of_others_are_as_if_they_never_were(project):
    Trigger.objects.create(project=project, name="Buy", **CLICK)
    other = rest_of(make_project("other"))

    for method in ("GET", "PATCH", "DELETE"):
        assert other.refused(method, "triggers/buy/", {} if method == "PATCH" else None) == (404, [("not_found", None)])
    assert other.ok("GET", "triggers/")["results"] == []


def test_publishing_makes_a_version_that_pages_follow(project, rest):
    rest.ok("POST", "triggers/", CLICK)

    status, version = rest("POST", "triggers/publish/", {"note": "First"})

    assert (status, version["number"], version["note"]) == (201, 1, "First")
    assert version["author"].startswith("sk_")
    assert version["triggers"] == list(published([project.pk])[project.pk].body)
    assert rest("POST", "triggers/publish/", {}) == (200, version)


def test_without_any_trigger_there_is_nothing_to_publish(rest):
    assert rest.refused("POST", "triggers/publish/", {}) == (409, [("nothing_to_publish", None)])


def test_versions_are_listed_newest_first_and_brought_back(rest):
    rest.ok("POST", "triggers/", CLICK)
    first = rest.ok("POST", "triggers/publish/", {})
    rest("DELETE", "triggers/buy/")
    rest.ok("POST", "triggers/publish/", {})

    status, back = rest("POST", "triggers/versions/1/restore/", {})

    assert (status, back["number"], back["restored_from"], back["triggers"]) == (201, 3, 1, first["triggers"])
    assert [line["number"] for line in rest.ok("GET", "triggers/versions/")["results"]] == [3, 2, 1]
    assert rest.ok("GET", "triggers/versions/1/") == first
    assert rest.ok("GET", "triggers/buy/")["params"] == {"selector": "#buy"}


@pytest.mark.parametrize("number", [0, 7, 10**20])
def test_a_version_that_never_was_is_not_found(rest, number):
    assert rest.refused("POST", f"triggers/versions/{number}/restore/", {}) == (404, [("not_found", None)])
    assert rest.refused("GET", f"triggers/versions/{number}/") == (404, [("not_found", None)])


def test_versions_cannot_be_ordered_by_what_they_have_not(rest):
    assert rest.refused("GET", "triggers/versions/?ordering=key") == (400, [("invalid_choice", "ordering")])


def test_a_key_that_may_read_changes_nothing(project):
    reader = rest_of(project, "read")
    Trigger.objects.create(project=project, name="Buy", **CLICK)

    assert reader("GET", "triggers/")[0] == 200
    for method, path in (("POST", ""), ("PATCH", "buy/"), ("DELETE", "buy/"), ("POST", "publish/")):
        assert reader.refused(method, f"triggers/{path}", {}) == (403, [("permission_denied", None)])


def test_queries_do_not_grow_with_the_triggers(project, rest):
    for number in range(10):
        Trigger.objects.create(project=project, name="x", **{**CLICK, "key": f"t{number}"})

    with queries(2):
        assert len(rest.ok("GET", "triggers/")["results"]) == 10
    with queries(3):
        rest.ok("POST", "triggers/", CLICK)
    with queries(3):
        rest.ok("PATCH", "triggers/buy/", {"is_on": False})
    with queries(7):  # key, the project's lock, drafts, the newest before and its successor
        rest.ok("POST", "triggers/publish/", {})
    with queries(2):
        rest.ok("GET", "triggers/versions/")
