"""The page on which triggers go live: what changes, who did what, the way back, and who may."""

import pytest
from django.urls import reverse

from tests.factories import make_colleague, make_project
from tests.rest import queries
from tracking.models import Trigger, TriggerVersion
from tracking.publishing import differences, publish


def make_trigger(project, key="buy", **fields):
    usual = {"name": f"{key.capitalize()} clicked", "kind": "click", "params": {"selector": f"#{key}"}}
    return Trigger.objects.create(project=project, key=key, **{**usual, **fields})


def page_of(project):
    return reverse("admin:tracking_trigger_publish", args=[project.pk])


def text_of(answer):
    return " ".join(answer.content.decode().split())


def order(admin, project, **fields):
    """One click on the page as it is now."""
    seen = admin.get(page_of(project)).context["seen"]
    return admin.post(page_of(project), {"seen": seen, **fields}, follow=True)


def told(answer):
    return [str(message) for message in answer.context["messages"]]


def test_publishing_makes_a_version_with_who_and_why(admin, project, admin_user):
    make_trigger(project)

    answer = order(admin, project, note="  New checkout ")

    version = TriggerVersion.objects.get()
    assert (version.number, version.note, version.author) == (1, "New checkout", admin_user.get_username())
    assert told(answer) == ["Version 1 is published. Pages follow it within a minute."]
    assert "New checkout" in text_of(answer)
    assert "on your pages" in text_of(answer)


def test_the_page_says_in_words_what_would_change(admin, project):
    trigger = make_trigger(project, kind="time_on_page", params={"seconds": 30})
    publish(project.pk, author="ann")
    only = [{"subject": "page_path", "operator": "starts_with", "value": "/shop", "not": True}]
    Trigger.objects.filter(pk=trigger.pk).update(params={"seconds": 60}, conditions=only)

    ((shown, url),) = admin.get(page_of(project)).context["shown"]

    assert (shown.name, shown.change, url) == (
        "Buy clicked",
        "Changed",
        f"/admin/tracking/trigger/{trigger.pk}/change/",
    )
    assert [(part.label, part.before, part.after) for part in shown.parts] == [
        ("Only when", "", "Path of the page does not start with “/shop”"),
        ("Seconds", "30", "60"),
    ]


def test_nobody_publishes_what_a_colleague_changed_meanwhile(admin, project):
    trigger = make_trigger(project)
    seen = admin.get(page_of(project)).context["seen"]
    Trigger.objects.filter(pk=trigger.pk).update(event="other")

    answer = admin.post(page_of(project), {"seen": seen}, follow=True)

    assert told(answer) == ["Somebody has changed the triggers since you opened this page. Please look again."]
    assert not TriggerVersion.objects.exists()


def test_a_second_click_says_that_pages_follow_already(admin, project):
    make_trigger(project)
    order(admin, project)

    assert told(order(admin, project)) == ["Pages follow these triggers already."]
    assert TriggerVersion.objects.count() == 1


def test_an_older_version_is_brought_back(admin, project):
    trigger = make_trigger(project)
    publish(project.pk, author="ann")
    Trigger.objects.filter(pk=trigger.pk).update(event="other")
    publish(project.pk, author="bob")

    answer = order(admin, project, restore="1")

    assert told(answer) == ["Version 3 is published. Pages follow it within a minute."]
    assert "brought back version 1" in text_of(answer)


def test_changes_can_be_discarded(admin, project):
    trigger = make_trigger(project)
    publish(project.pk, author="ann")
    Trigger.objects.filter(pk=trigger.pk).update(event="other")

    answer = order(admin, project, restore="1")

    assert told(answer) == ["Your changes are discarded: the triggers are what pages follow."]
    assert differences(project.pk) == []


@pytest.mark.parametrize("number", ["7", "0", "-1", "x", "9" * 30, "٣"])
def test_a_version_that_never_was_is_not_found(admin, project, number):
    make_trigger(project)
    publish(project.pk, author="ann")

    assert admin.post(page_of(project), {"restore": number}).status_code == 404


def test_a_project_that_is_not_there_is_not_found(admin, project):
    assert admin.get(reverse("admin:tracking_trigger_publish", args=[project.pk + 1])).status_code == 404


def test_whoever_may_only_look_cannot_publish(client, project):
    make_trigger(project)
    client.force_login(make_colleague("view_trigger"))

    page = client.get(page_of(project))

    assert (page.status_code, page.context["can_publish"]) == (200, False)
    assert client.post(page_of(project), {"seen": page.context["seen"]}).status_code == 403
    assert client.post(page_of(project), {"restore": "1"}).status_code == 403
    assert not TriggerVersion.objects.exists()


def test_without_any_permission_nothing_is_shown(client, project, django_user_model):
    client.force_login(django_user_model.objects.create_user("eve", is_staff=True))

    assert client.get(page_of(project)).status_code == 403


def test_strangers_are_sent_to_the_login(client, project):
    assert client.get(page_of(project)).status_code == 302


def test_the_button_leads_to_the_project_that_the_list_shows(admin, project):
    other = make_project("zebra")

    chosen = admin.get(reverse("admin:tracking_trigger_publishing"), {"project__id__exact": other.pk})

    assert chosen.headers["Location"] == page_of(other)
    assert admin.get(reverse("admin:tracking_trigger_publishing")).headers["Location"] == page_of(project)


def test_no_project_sees_versions_of_another(admin, project):
    other = make_project("other")
    make_trigger(other, "secret")
    publish(other.pk, author="ann", note="Not yours")

    assert "Not yours" not in text_of(admin.get(page_of(project)))


def test_the_page_costs_the_same_for_many(admin, project):
    for number in range(5):
        trigger = make_trigger(project, f"one-{number}")
        publish(project.pk, author="ann")
    Trigger.objects.filter(pk=trigger.pk).update(event="other")

    # session, user, the project; drafts twice, what is published with its body once; keys, versions, other projects
    with queries(10):
        assert admin.get(page_of(project)).status_code == 200
