"""Setting up an experiment without inventing keys or typing JSON."""

from datetime import timedelta

from django.urls import reverse
from django.utils import timezone

from experiments.models import Experiment, Variant
from tests.experiments.admin.forms import GREEN, ORIGINAL, experiment_form, primary, rows_of
from tests.factories import make_experiment, make_goal, make_project

ADD = reverse("admin:experiments_experiment_add")


def change_url(experiment):
    return reverse("admin:experiments_experiment_change", args=[experiment.pk])


def errors_of(answer):
    formsets = [formset.formset for formset in answer.context["inline_admin_formsets"]]
    told = [answer.context["adminform"].form.errors, *(errors for formset in formsets for errors in formset.errors)]
    flat = [text for errors in told for texts in errors.values() for text in texts]
    return flat + [text for formset in formsets for text in formset.non_form_errors()]


def test_a_new_experiment_comes_with_two_variants(admin, project):
    answer = admin.get(ADD)

    variants = answer.context["inline_admin_formsets"][0].formset
    assert [str(form["name"].value()) for form in variants.extra_forms] == ["Original", "New version"]
    assert [form["is_control"].value() for form in variants.extra_forms] == [True, False]


def test_the_pre_filled_variants_are_saved_untouched(admin, project):
    untouched = {"name": "New version", "weight": "1.0"}

    admin.post(ADD, experiment_form(variants=[ORIGINAL, untouched], _continue="1"))

    assert [variant.name for variant in Experiment.objects.get().variants.all()] == ["Original", "New version"]


def test_project_keys_and_positions_are_filled_in(admin, project):
    admin.post(ADD, experiment_form(_continue="1"))

    experiment = Experiment.objects.get()
    assert (experiment.project, experiment.key) == (project, "green-button")
    assert list(experiment.variants.values_list("key", "position", "is_control")) == [
        ("original", 0, True),
        ("green-with-benefit", 1, False),
    ]


def test_a_cta_variant_becomes_a_payload(admin, project):
    admin.post(ADD, experiment_form(_continue="1"))

    changed = Variant.objects.get(key="green-with-benefit")
    assert changed.payload == {"text": "Start free", "background": "#0f7b4f", "selector": "#signup"}
    assert Variant.objects.get(key="original").payload == {}


def test_a_key_that_is_taken_is_refused_kindly(admin, project):
    make_experiment(project, "hero")

    answer = admin.post(ADD, experiment_form(key="hero"))

    assert errors_of(answer) == ["This project already has an experiment with this key."]


def test_shares_are_typed_as_per_cent(admin, project):
    admin.post(ADD, experiment_form(coverage="20", alpha="2,5".replace(",", "."), _continue="1"))

    experiment = Experiment.objects.get()
    assert (experiment.coverage, experiment.alpha) == (0.2, 0.025)
    assert admin.get(change_url(experiment)).context["adminform"].form["coverage"].value() == "20"


def test_a_colour_must_be_one(admin, project):
    answer = admin.post(ADD, experiment_form(variants=[ORIGINAL, {**GREEN, "cta_background": "greenish"}]))

    assert errors_of(answer) == ["Write a colour such as #0f7b4f, or pick one."]


def test_a_change_without_a_place_is_asked_for_it(admin, project):
    answer = admin.post(ADD, experiment_form(variants=[ORIGINAL, {**GREEN, "cta_selector": ""}]))

    assert errors_of(answer) == ["Say where on the page: a CSS selector such as #buy."]


def test_two_originals_are_one_too_many(admin, project):
    answer = admin.post(ADD, experiment_form(variants=[ORIGINAL, {**GREEN, "is_control": "on"}]))

    assert errors_of(answer) == ["Only one variant can be the original: untick the others."]


def test_the_original_can_change_places(admin, project):
    experiment = make_experiment(project, variants=["first", "second"], kind="json")
    first, second = rows_of(experiment)
    del first["is_control"]

    admin.post(change_url(experiment), experiment_form(variants=[first, {**second, "is_control": "on"}], kind="json"))
    back = [dict(rows_of(experiment)[0]), dict(rows_of(experiment)[1])]
    back[1].pop("is_control")
    admin.post(
        change_url(experiment), experiment_form(variants=[{**back[0], "is_control": "on"}, back[1]], kind="json")
    )

    assert list(experiment.variants.values_list("key", "is_control")) == [("first", True), ("second", False)]


def test_json_is_only_for_the_kind_that_developers_read(admin, project):
    other = {"name": "Other", "weight": "1", "payload_json": '{"layout": "b"}'}

    admin.post(ADD, experiment_form(variants=[ORIGINAL, other], kind="json", _continue="1"))

    assert Variant.objects.get(key="other").payload == {"layout": "b"}


def test_json_that_is_no_object_is_refused(admin, project):
    other = {"name": "Other", "weight": "1", "payload_json": "[1]"}

    answer = admin.post(ADD, experiment_form(variants=[ORIGINAL, other], kind="json"))

    assert errors_of(answer) == ["Write a JSON object, in braces: {…}."]


def test_a_goal_of_another_project_is_refused(admin, project):
    foreign = make_goal(make_project("other"), "purchase", level="macro")

    answer = admin.post(ADD, experiment_form(project=project.pk, goals=[primary(foreign)]))

    assert errors_of(answer) == ["This goal belongs to another project."]


def test_a_draft_may_be_kept_without_a_goal(admin, project):
    untouched = {"goal": "", "role": "primary", "margin": "2"}

    admin.post(ADD, experiment_form(goals=[untouched], _continue="1"))

    assert Experiment.objects.get().goal_roles.count() == 0


def test_a_tolerated_loss_is_typed_as_per_cent(admin, project):
    refund = make_goal(project, "refund", level="macro")

    admin.post(ADD, experiment_form(goals=[{"goal": refund.pk, "role": "guardrail", "margin": "5"}], _continue="1"))

    assert Experiment.objects.get().goal_roles.get().margin == 0.05


def test_a_planned_day_needs_no_time(admin, project):
    day = (timezone.now() + timedelta(days=14)).date()

    admin.post(ADD, experiment_form(planned_end_0=day.isoformat(), planned_end_1="", _continue="1"))

    assert Experiment.objects.get().planned_end.date() == day


def test_a_day_that_has_passed_cannot_be_planned(admin, project):
    answer = admin.post(ADD, experiment_form(planned_end_0="2020-01-01", planned_end_1=""))

    assert errors_of(answer) == ["This time has passed. Choose one that lies ahead, or none."]


def test_without_a_project_the_way_leads_there_first(admin):
    answer = admin.get(ADD)

    assert answer.url == reverse("admin:tracking_project_add")


def test_save_and_go_to_start_leads_to_the_question(admin, project):
    answer = admin.post(ADD, experiment_form(_start="1"))

    assert answer.url == reverse("admin:experiments_experiment_start_test", args=[Experiment.objects.get().pk])
