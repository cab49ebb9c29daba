"""The page for a new experiment, sent back as it was rendered."""

from django.urls import reverse

from experiments.models import Experiment
from tests.factories import make_experiment, make_goal, make_project
from tests.rendered import controls, options

ADD = reverse("admin:experiments_experiment_add")
FORM = "experiment_form"


def test_with_several_projects_each_goal_names_and_carries_its_own(admin, project):
    other = make_project("other")
    make_goal(project, "bought", level="macro")
    make_goal(other, "booked", level="macro")

    offered = options(admin.get(ADD), FORM, "goal_roles-0-goal")

    assert {(option["text"].strip(), option.get("data-project")) for option in offered[1:]} == {
        ("Bought (macro) · Shop", str(project.pk)),
        ("Booked (macro) · Other", str(other.pk)),
    }


def test_with_one_project_goals_do_not_name_it(admin, project):
    make_goal(project, "bought", level="macro")

    offered = options(admin.get(ADD), FORM, "goal_roles-0-goal")

    assert [option["text"].strip() for option in offered] == ["Choose a goal", "Bought (macro)"]


def test_the_same_name_twice_is_told_at_the_name(admin, project):
    make_experiment(project, "hero-button", name="Hero button")
    sent = controls(admin.get(ADD), FORM)

    answer = admin.post(ADD, {**sent, "name": "Hero button", "key": "hero-button", "_save": "1"})

    assert answer.context["adminform"].form.errors == {"name": ["There is already an experiment called “Hero button”."]}


def test_a_key_that_the_browser_made_of_another_name_gives_way(admin, project):
    make_experiment(project, "hero-button", name="Hero button")
    sent = controls(admin.get(ADD), FORM)

    answer = admin.post(ADD, {**sent, "name": "Hero button!", "key": "hero-button", "_save": "1"})

    assert answer.status_code == 302
    assert Experiment.objects.get(name="Hero button!").key == "hero-button-2"


def test_a_label_instead_of_a_selector_is_told_at_the_place(admin, project):
    sent = controls(admin.get(ADD), FORM)
    button = {"variants-1-cta_text": "Buy", "variants-1-cta_selector": "sign up button!"}

    answer = admin.post(ADD, {**sent, **button, "name": "Hero", "_save": "1"})

    variants = answer.context["inline_admin_formsets"][0].formset
    assert variants.errors[1] == {"cta_selector": ["This is no CSS selector. Write #id, .class or the like."]}


def test_a_draft_without_a_goal_that_decides_offers_a_row_for_one(admin, project):
    bought = make_goal(project, "bought", level="macro")
    draft = make_experiment(project, "hero")
    draft.goal_roles.all().delete()
    page = reverse("admin:experiments_experiment_change", args=[draft.pk])

    sent = controls(admin.get(page), FORM)
    admin.post(page, {**sent, "goal_roles-0-goal": str(bought.pk), "_continue": "1"})

    assert [(row.goal, row.role) for row in draft.goal_roles.all()] == [(bought, "primary")]
    assert controls(admin.get(page), FORM)["goal_roles-TOTAL_FORMS"] == "1"
