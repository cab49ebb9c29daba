"""Marked visitors are listed with date and reason, decided about by hand, and counted again by one action."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission
from django.urls import reverse
from django.utils import timezone

from tests.factories import make_colleague, make_project
from tracking import marks
from tracking.marks import Decision
from tracking.models import Due, Mark, VisitorMark

LIST, ADD = reverse("admin:tracking_visitormark_changelist"), reverse("admin:tracking_visitormark_add")
ARRIVALS = reverse("admin:tracking_rejectedevent_changelist")
FILLED = {"visitor_id": " ann ", "mark": "internal", "reason": "works from home"}


@pytest.fixture
def robot(project):
    marks.make(project.pk, "robot", Decision(Mark.BOT, "over_300_a_minute"), at=timezone.now())
    return VisitorMark.objects.get()


def test_a_marked_visitor_is_listed_with_the_reason_in_words(admin, robot):
    page = admin.get(LIST).content.decode()

    assert "More than 300 events in one minute" in page
    assert "Found by itself" in page
    assert f"{reverse('admin:tracking_live')}?project={robot.project_id}&amp;visitor=robot" in page


def test_without_any_the_page_says_what_they_are(admin, project):
    assert "No visitor is marked" in admin.get(LIST).content.decode()
    assert "No visitor is marked" not in admin.get(LIST, {"state": "now"}).content.decode()


def test_they_are_counted_again_at_once_and_twice_is_once(admin, robot):
    Due.objects.all().delete()
    order = {"action": "count_again", "_selected_action": [robot.pk]}

    first, second = (admin.post(LIST, order, follow=True).content.decode() for _ in range(2))

    robot.refresh_from_db()
    assert robot.lifted_at is not None
    assert list(Due.objects.values_list("visitor_id", flat=True)) == ["robot"]
    assert "1 decision has ended. Results follow within seconds." in first
    assert "These decisions had ended already." in second


def test_a_colleague_is_marked_by_hand_with_name_and_date(admin, project):
    answer = admin.post(ADD, FILLED)

    made = VisitorMark.objects.get()
    assert answer.status_code == 302
    assert (made.project, made.visitor_id, made.mark, made.made_by) == (project, "ann", "internal", "admin")
    assert timezone.now() - made.created_at < timedelta(minutes=1)


def test_a_second_decision_ends_the_first(admin, robot):
    admin.post(ADD, {**FILLED, "visitor_id": "robot", "mark": "counted"})

    marked = [(one.mark, one.lifted_at is None) for one in VisitorMark.objects.order_by("pk")]
    assert marked == [("bot", False), ("counted", True)]


def test_where_there_are_several_projects_one_is_asked_for(admin, project):
    other = make_project("blog")

    refused = admin.post(ADD, FILLED)
    admin.post(ADD, {**FILLED, "project": other.pk})

    assert list(refused.context["adminform"].form.errors) == ["project"]
    assert VisitorMark.objects.get().project == other


@pytest.mark.parametrize("written", ["null", "0", " "])
def test_what_is_nobodys_id_is_refused(admin, project, written):
    answer = admin.post(ADD, {**FILLED, "visitor_id": written})

    assert list(answer.context["adminform"].form.errors) == ["visitor_id"]


def test_a_decision_is_neither_edited_nor_deleted(admin, robot):
    change = reverse("admin:tracking_visitormark_change", args=[robot.pk])

    assert admin.post(change, {**FILLED, "mark": "counted"}).status_code == 403
    assert admin.post(reverse("admin:tracking_visitormark_delete", args=[robot.pk]), {"post": "yes"}).status_code == 403


def test_only_who_may_see_marks_finds_the_way_to_them(client, robot):
    user = make_colleague()
    user.user_permissions.add(Permission.objects.get(codename="view_goal"))
    client.force_login(user)
    assert "Marked visitors" not in client.get(ARRIVALS).content.decode()
    assert client.get(LIST).status_code == 403

    user.user_permissions.add(Permission.objects.get(codename="view_visitormark"))
    assert f"{LIST}?state=now" in client.get(ARRIVALS).content.decode()
    assert client.get(LIST).status_code == 200
    assert "count them again" not in client.get(LIST).content.decode()


def test_the_list_costs_the_same_however_long_it_is(admin, robot, django_assert_max_num_queries):
    for number in range(30):
        marks.make(robot.project_id, f"v{number}", Decision(Mark.TEST, "load test"), at=timezone.now())

    with django_assert_max_num_queries(9):
        admin.get(LIST)
