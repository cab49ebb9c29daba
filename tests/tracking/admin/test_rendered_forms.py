"""Forms of goals, keys and projects, sent back as they were rendered."""

from django.urls import reverse
from django.utils import timezone

from tests.factories import make_goal, make_key, make_project
from tests.rendered import controls, options
from tracking.models import Goal, Project

GOAL_ADD = reverse("admin:tracking_goal_add")
PROJECT_ADD = reverse("admin:tracking_project_add")


def errors_of(answer):
    return {field: list(texts) for field, texts in answer.context["adminform"].form.errors.items()}


def key_page(admin, project, **fields):
    key, _token = make_key(project, "client", **fields)
    return admin.get(reverse("admin:tracking_key_change", args=[key.pk])).content.decode()


def test_the_goals_to_lead_to_carry_their_project(admin, project):
    other = make_project("other")
    make_goal(other, "booked", level="macro")

    offered = options(admin.get(GOAL_ADD), "goal_form", "leads_to")

    assert [(option["text"].strip(), option["data-project"]) for option in offered[1:]] == [
        ("Booked · Other", str(other.pk))
    ]


def test_a_goal_of_the_same_name_is_told_at_the_name(admin, project):
    make_goal(project, "sign-up", name="Sign up")
    sent = controls(admin.get(GOAL_ADD), "goal_form")

    answer = admin.post(GOAL_ADD, {**sent, "name": "Sign up", "key": "sign-up", "event": "x"})

    assert errors_of(answer) == {"name": ["There is already a goal called “Sign up”."]}


def test_a_label_is_no_selector(admin, project):
    sent = controls(admin.get(GOAL_ADD), "goal_form")

    answer = admin.post(GOAL_ADD, {**sent, "name": "Sign up", "selector": "sign up button!"})

    assert errors_of(answer) == {"selector": ["This is no CSS selector. Write #id, .class or the like."]}
    assert not Goal.objects.exists()


def test_a_project_of_the_same_name_is_told_at_the_name(admin, project):
    sent = controls(admin.get(PROJECT_ADD), "project_form")

    answer = admin.post(PROJECT_ADD, {**sent, "name": "Shop", "key": "shop"})

    assert errors_of(answer) == {"name": ["There is already a project called “Shop”."]}


def test_a_new_project_is_shown_with_its_script_tag(admin):
    sent = controls(admin.get(PROJECT_ADD), "project_form")

    answer = admin.post(PROJECT_ADD, {**sent, "name": "Shop", "key": "shop", "_save": "1"})

    assert answer.url == reverse("admin:tracking_project_change", args=[Project.objects.get().pk])


def test_a_key_in_use_says_so_in_words(admin, project):
    page = key_page(admin, project)

    assert "In use" in page
    assert "&#x27;live&#x27;" not in page
    assert "Put it on your pages" in page


def test_a_revoked_key_is_not_offered_for_pages(admin, project):
    page = key_page(admin, project, revoked_at=timezone.now())

    assert "Revoked" in page
    assert "Put it on your pages" not in page
