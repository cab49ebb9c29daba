"""Pages that say which goals to have: one click adds a goal and makes its trigger live."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.urls import reverse
from django.utils import timezone

from tests.factories import make_colleague, make_goal, make_project
from tracking.inventory import remember
from tracking.models import Goal, Trigger, TriggerVersion
from tracking.publishing import published

FOUND = reverse("admin:tracking_pageinventory_changelist")
CATALOGUE = reverse("admin:tracking_catalogue")
REVIEW = reverse("admin:tracking_review")
CART = {"kind": "button", "selector": "#add", "text": "Add to cart"}
CALL = {"kind": "phone", "selector": "a.phone-link", "text": ""}
FORM = {"kind": "form", "selector": "#news", "text": "Subscribe", "fields": ["mail:email"]}


@pytest.fixture
def known(project):
    remember(project.pk, "/kettle", [CART, CALL, FORM], timezone.now())
    return project


def test_without_a_project_the_way_to_one_is_shown(admin):
    assert b"First make a project" in admin.get(FOUND).content


def test_before_any_page_is_known_the_script_tag_is_shown(admin, project):
    project.keys.create(kind="client", token="pk_shown", digest="d", prefix="pk_shown")

    assert b"pk_shown" in admin.get(FOUND).content


def test_what_was_found_is_offered_with_where_and_why(admin, known):
    told = admin.get(FOUND).content.decode()

    assert "Put something into the cart" in told
    assert "Button “Add to cart” · /kettle" in told
    assert "A step close to the goal that pays." in told


def test_one_click_adds_the_goal_and_publishes_its_trigger(admin, known):
    admin.post(FOUND, {"one": "add_to_cart"})

    goal, trigger = Goal.objects.get(), Trigger.objects.get()
    assert (goal.event, goal.level, goal.stage) == ("add_to_cart", "micro", "decision")
    assert (trigger.kind, trigger.params) == ("click", {"selector": "#add"})
    assert [entry["event"] for entry in published([known.pk])[known.pk].body] == ["add_to_cart"]


def test_what_was_added_is_offered_no_more(admin, known):
    admin.post(FOUND, {"pick": ["add_to_cart", "phone_click"]})

    assert [offer["id"] for offer in admin.get(FOUND).context["offers"]] == ["newsletter_signup"]


def test_it_can_be_published_later(admin, known):
    answer = admin.post(FOUND, {"pick": ["add_to_cart"], "draft": "1"}, follow=True)

    assert not TriggerVersion.objects.exists()
    assert b"Publish triggers" in answer.content


def test_other_drafts_do_not_go_live_with_it(admin, known):
    Trigger.objects.create(project=known, key="half", name="Half", kind="click", params={"selector": "#half"})

    admin.post(FOUND, {"one": "add_to_cart"})

    assert [entry["key"] for entry in published([known.pk])[known.pk].body] == ["add-to-cart"]


def test_a_proposal_that_nobody_made_adds_nothing(admin, known):
    admin.post(FOUND, {"one": "made_up"})

    assert not Goal.objects.exists()


def test_what_a_page_says_is_not_html(admin, project):
    remember(project.pk, "/x", [{**CART, "text": "Write <script>alert(1)</script>"}], timezone.now())

    assert b"<script>alert(1)" not in admin.get(FOUND).content


def test_who_may_only_look_cannot_add(client, known):
    client.force_login(make_colleague("view_goal"))

    assert b"Add and publish" not in client.get(FOUND).content
    assert client.post(FOUND, {"one": "add_to_cart"}).status_code == 403
    assert client.post(CATALOGUE, {"pick": ["purchase.once"]}).status_code == 403


def test_who_may_not_see_goals_sees_nothing(client, known):
    client.force_login(User.objects.create_user("nobody", is_staff=True))

    assert {client.get(url).status_code for url in (FOUND, CATALOGUE, REVIEW)} == {403}


def test_each_project_has_its_own_pages(admin, known):
    other = make_project("blog", name="A blog")

    assert admin.get(FOUND, {"project": other.pk}).context["pages"] == []
    assert len(admin.get(FOUND, {"project": known.pk}).context["pages"]) == 1


def test_a_set_of_the_catalogue_is_added_with_its_worth(admin, project):
    admin.post(f"{CATALOGUE}?set=shop", {"pick": ["purchase.once", "add_to_cart.once"], "worth": "80"})

    bought, cart = Goal.objects.get(event="purchase"), Goal.objects.get(event="add_to_cart")
    assert (bought.weight, cart.weight, cart.leads_to) == (80, 8, bought)
    assert len(published([project.pk])[project.pk].body) == 2


def test_without_a_guess_goals_have_no_worth(admin, project):
    admin.post(f"{CATALOGUE}?set=local", {"pick": ["phone_click.once"], "worth": ""})

    assert Goal.objects.get().weight is None


def test_what_the_project_counts_already_cannot_be_ticked_again(admin, project):
    make_goal(project, event="purchase")

    offers = {offer["id"]: offer["is_there"] for offer in admin.get(CATALOGUE).context["offers"]}
    assert (offers["purchase.once"], offers["purchase.sum"]) == (True, False)


@pytest.mark.parametrize("url", [FOUND, CATALOGUE, REVIEW])
def test_beyond_a_dozen_goals_there_is_advice(admin, known, url):
    for number in range(12):
        make_goal(known, f"step-{number}")

    assert b"Beyond a dozen" in admin.get(url).content


def test_the_review_says_what_to_do(admin, project):
    goal = make_goal(project, "never", name="Never")
    Goal.objects.filter(pk=goal.pk).update(created_at=timezone.now() - timedelta(days=20))

    told = admin.get(REVIEW).content.decode()

    assert "Never met since it was made, 20 days ago." in told
    assert reverse("admin:tracking_goal_change", args=[goal.pk]) in told


@pytest.mark.parametrize(("url", "own"), [(FOUND, 5), (CATALOGUE, 3), (REVIEW, 4)])
def test_the_pages_cost_few_queries(admin, known, django_assert_num_queries, url, own):
    """Beside two for who is logged in. Projects, goals; pages and triggers; what came of events."""
    for number in range(5):
        make_goal(known, f"step-{number}")
        remember(known.pk, f"/page-{'x' * number}", [CART], timezone.now())

    with django_assert_num_queries(2 + own):
        admin.get(url)
