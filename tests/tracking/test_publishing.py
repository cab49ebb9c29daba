"""Triggers published as versions: what pages follow, what would change, and the way back."""

import threading
from datetime import UTC, datetime

import pytest
from django.db import connection, connections, transaction

from tests.factories import make_project
from tests.rest import queries
from tracking.capture import capture
from tracking.models import Trigger, TriggerVersion
from tracking.publishing import NoSuchVersion, differences, drafts, publish, published, restore
from tracking.trigger_changes import Changed, changes
from tracking.wire.native import IncomingEvent

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def make_trigger(project, key="buy", **fields):
    usual = {"name": key.capitalize(), "kind": "click", "params": {"selector": f"#{key}"}}
    return Trigger.objects.create(project=project, key=key, **{**usual, **fields})


def edit(trigger, **fields):
    Trigger.objects.filter(pk=trigger.pk).update(**fields)


def keys(body):
    return [entry["key"] for entry in body]


def numbers(project):
    return list(TriggerVersion.objects.filter(project=project).order_by("number").values_list("number", flat=True))


@pytest.fixture
def project():
    return make_project("shop")


def test_pages_get_every_detail_written_out_with_the_usual_event(project):
    make_trigger(project, "seen", kind="element_visible", params={"selector": "#offer", "share": 80})

    publish(project.pk, author="ann")

    assert published([project.pk])[project.pk].body == (
        {
            "key": "seen",
            "kind": "element_visible",
            "event": "cta_view",
            "params": {"selector": "#offer", "seconds": 1, "share": 80},
            "conditions": [],
            "properties": [],
        },
    )


def test_a_version_says_who_published_it_and_why(project):
    make_trigger(project)

    made = publish(project.pk, author="Ann Lee", note="New checkout")

    assert made is not None
    assert (made.number, made.author, made.note, made.restored_from) == (1, "Ann Lee", "New checkout", None)
    assert made.created_at is not None


def test_what_is_switched_off_or_deleted_is_not_published(project):
    make_trigger(project, "on")
    make_trigger(project, "off", is_on=False)
    make_trigger(project, "gone").delete()

    publish(project.pk, author="ann")

    assert keys(published([project.pk])[project.pk].body) == ["on"]


def test_a_draft_changes_nothing_on_the_pages(project):
    trigger = make_trigger(project)
    publish(project.pk, author="ann")

    edit(trigger, event="other")

    assert published([project.pk])[project.pk].body[0]["event"] == "cta_click"


def test_publishing_twice_makes_one_version(project):
    make_trigger(project)

    assert publish(project.pk, author="ann") is not None
    assert publish(project.pk, author="bob") is None
    assert numbers(project) == [1]


def test_a_project_without_triggers_has_nothing_to_publish(project):
    assert publish(project.pk, author="ann") is None
    assert published([project.pk]) == {}


def test_numbers_belong_to_the_project_and_have_no_gaps(project):
    other = make_project()
    trigger = make_trigger(project)
    make_trigger(other)

    for event in ("a", "b", "c"):
        edit(trigger, event=event)
        publish(project.pk, author="ann")
    publish(other.pk, author="ann")

    assert (numbers(project), numbers(other)) == ([1, 2, 3], [1])


def test_a_few_drafts_can_be_published_without_those_of_a_colleague(project):
    mine, theirs = make_trigger(project, "mine"), make_trigger(project, "theirs")
    publish(project.pk, author="ann")
    edit(mine, event="new_mine")
    edit(theirs, event="half_made")
    make_trigger(project, "unfinished")

    publish(project.pk, author="ann", only={"mine"})

    body = published([project.pk])[project.pk].body
    assert [(entry["key"], entry["event"]) for entry in body] == [("mine", "new_mine"), ("theirs", "cta_click")]
    assert {one.key for one in differences(project.pk)} == {"theirs", "unfinished"}


def test_an_older_version_comes_back_as_a_new_one_and_the_drafts_with_it(project):
    trigger = make_trigger(project)
    publish(project.pk, author="ann")
    edit(trigger, event="other", is_on=False)
    make_trigger(project, "later")
    publish(project.pk, author="ann")

    made = restore(project.pk, 1, author="bob")

    assert made is not None
    assert (made.number, made.restored_from, made.author, keys(made.body)) == (3, 1, "bob", ["buy"])
    assert (keys(drafts(project.pk)), differences(project.pk)) == (["buy"], [])
    assert not Trigger.objects.get(key="later").is_on


def test_a_draft_brought_back_has_no_name_of_an_event_that_nobody_chose(project):
    trigger = make_trigger(project)
    publish(project.pk, author="ann")
    edit(trigger, event="chosen")
    publish(project.pk, author="ann")

    restore(project.pk, 1, author="ann")
    usual = Trigger.objects.get().event
    restore(project.pk, 2, author="ann")

    assert (usual, Trigger.objects.get().event) == ("", "chosen")


def test_a_trigger_thrown_away_since_is_made_again(project):
    make_trigger(project, "buy-now")
    publish(project.pk, author="ann")
    Trigger.objects.all().delete()
    publish(project.pk, author="ann")

    restore(project.pk, 1, author="ann")

    assert Trigger.objects.get().name == "Buy now"
    assert differences(project.pk) == []


def test_bringing_back_what_pages_follow_only_discards_the_drafts(project):
    trigger = make_trigger(project)
    publish(project.pk, author="ann")
    edit(trigger, event="other")

    assert restore(project.pk, 1, author="ann") is None

    assert (numbers(project), differences(project.pk)) == ([1], [])


def test_a_version_of_another_project_cannot_be_brought_back(project):
    other = make_project()
    make_trigger(other)
    publish(other.pk, author="ann")

    with pytest.raises(NoSuchVersion):
        restore(project.pk, 1, author="ann")


def test_differences_name_each_change(project):
    changed, leaving = make_trigger(project, "changed"), make_trigger(project, "leaving")
    deleted = make_trigger(project, "deleted")
    publish(project.pk, author="ann")
    edit(changed, event="other")
    edit(leaving, is_on=False)
    deleted.delete()
    make_trigger(project, "added")

    assert [(one.key, one.change) for one in differences(project.pk)] == [
        ("added", "added"),
        ("changed", "changed"),
        ("deleted", "removed"),
        ("leaving", "off"),
    ]


def test_a_new_name_is_nothing_to_publish(project):
    trigger = make_trigger(project)
    publish(project.pk, author="ann")

    edit(trigger, name="Another name")

    assert differences(project.pk) == []


def test_a_change_says_which_parts_and_how():
    entry = {"key": "a", "kind": "time_on_page", "event": "a", "conditions": [], "properties": []}
    before, after = {**entry, "params": {"seconds": 30}}, {**entry, "event": "b", "params": {"seconds": 60}}

    (found,) = changes({"a": before}, {"a": after}, {"a": "Stays"})

    assert found.parts == (Changed("event", "a", "b"), Changed("params.seconds", 30, 60))


def test_details_of_another_kind_are_not_compared():
    entry = {"key": "a", "event": "a", "conditions": [], "properties": []}
    before = {**entry, "kind": "time_on_page", "params": {"seconds": 30}}
    after = {**entry, "kind": "click", "params": {"selector": "#a"}}

    (found,) = changes({"a": before}, {"a": after}, {})

    assert [part.part for part in found.parts] == ["kind"]


def test_a_kind_of_a_newer_release_stays_as_it_is(project):
    make_trigger(project, kind="telepathy", params={"depth": 3}, event="thought")

    publish(project.pk, author="ann")

    (entry,) = published([project.pk])[project.pk].body
    assert (entry["kind"], entry["params"], entry["event"]) == ("telepathy", {"depth": 3}, "thought")


def test_what_is_published_is_read_once(project):
    make_trigger(project)
    publish(project.pk, author="ann")
    first = published([project.pk])[project.pk]

    with queries(1):
        assert published()[project.pk] is first


@pytest.mark.django_db(transaction=True)
def test_of_two_clicks_at_once_one_makes_a_version():
    project = make_project()
    make_trigger(project)
    ready, made = threading.Barrier(4), []

    def click(author):
        ready.wait()
        made.append(publish(project.pk, author=author))
        connections.close_all()

    clicks = [threading.Thread(target=click, args=(str(number),)) for number in range(4)]
    for one in clicks:
        one.start()
    for one in clicks:
        one.join()

    assert (numbers(project), sum(one is not None for one in made)) == ([1], 1)


@pytest.mark.django_db(transaction=True)
def test_events_are_written_while_somebody_publishes():
    project = make_project()
    make_trigger(project)
    written = []

    def write():
        with connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = '2s'")
        written.extend(capture(project.pk, [IncomingEvent("e1", "cta_click", "ann", "", NOON, {}, {}, "")], "client"))
        connections.close_all()

    with transaction.atomic():
        publish(project.pk, author="ann")
        writer = threading.Thread(target=write)
        writer.start()
        writer.join()

    assert [receipt.status for receipt in written] == ["stored"]
