"""The page that says what a draft can detect: asks by itself, waits, tells, and fills its plan into the draft."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from experiments import forecasts
from experiments.forecasting import answer_asked
from experiments.lifecycle import start
from experiments.models import Experiment, Forecast
from tests.experiments.admin.forms import experiment_form, rows_of
from tests.factories import make_colleague, make_experiment, make_goal
from tests.past import came
from tests.rest import queries


def url(experiment, name="plan_test"):
    return reverse(f"admin:experiments_experiment_{name}", args=[experiment.pk])


def text_of(answer):
    return answer.content.decode().replace("\u202f", " ")


@pytest.fixture
def draft(project):
    """What a quarter more would be worth; one in five buys, and half of all click."""
    came(project, timezone.now(), 2800, did={"purchase": 560, "click": 1400})
    purchase = make_goal(project, "purchase", name="Purchase", level="macro")
    click = make_goal(project, "click", name="Button clicked", leads_to=purchase)
    return make_experiment(project, "hero", name="Hero", goals=[purchase, click], minimum_effect=0.25)


def told(admin, draft):
    """The page once a worker has answered."""
    admin.get(url(draft))
    answer_asked(timezone.now())
    return admin.get(url(draft))


def as_somebody_who_may(*permissions):
    client = Client()
    client.force_login(make_colleague(*permissions))
    return client


def test_the_first_visit_asks_and_waits(admin, draft):
    shown = text_of(admin.get(url(draft)))

    assert "Reading the last 28 days…" in shown
    assert "data-waiting" in shown
    assert forecasts.state_of(forecasts.latest(draft)) == "pending"


def test_a_plain_sentence_comes_first_and_then_the_goals_side_by_side(admin, draft):
    answer = told(admin, draft)

    page = answer.context["page"]
    assert "With about 100 visitors a day, a change of 25 % in “Purchase” takes 4 weeks." in text_of(answer)
    assert "“Button clicked” shows it after 2 weeks." in text_of(answer)
    assert "data-waiting" not in text_of(answer)
    assert [head.replace("\u202f", " ") for head in page.heads] == [
        "Goal", "For 25 %", "1 week", "2 weeks", "4 weeks", "6 weeks", "8 weeks",
    ]  # fmt: skip
    assert [(row.name, row.wait) for row in page.rows] == [("Purchase", "4 weeks"), ("Button clicked", "2 weeks")]
    assert [cell.enough for cell in page.rows[0].cells] == [False, False, True, True, True]


def test_the_fragment_is_the_body_alone_asks_nothing_and_is_not_kept(admin, draft):
    answer = admin.get(url(draft), {"fragment": "1"})

    assert "<html" not in text_of(answer)
    assert "no-store" in answer["Cache-Control"]
    assert forecasts.latest(draft) is None


def test_a_changed_draft_is_asked_about_again_and_an_unchanged_one_is_not(admin, draft):
    told(admin, draft)
    before = forecasts.latest(draft).asked_at
    admin.get(url(draft))
    assert forecasts.latest(draft).asked_at == before

    admin.post(url(draft, "change"), experiment_form(variants=rows_of(draft), minimum_effect="5", _continue="1"))
    shown = text_of(admin.get(url(draft)))

    assert forecasts.latest(draft).asked_at > before
    assert "Reading the last 28 days…" in shown
    assert "a change of 25 % in" in shown, "the last answer stays until the new one is there"


def test_asking_again_is_a_button(admin, draft):
    told(admin, draft)
    before = forecasts.latest(draft).asked_at

    answer = admin.post(url(draft), {"ask": ""})

    assert answer.url == url(draft)
    assert forecasts.latest(draft).asked_at > before


def test_the_recommended_plan_is_filled_into_the_draft(admin, draft):
    recommended = told(admin, draft).context["page"].recommended

    answer = admin.post(url(draft), {"adopt": ""}, follow=True)

    draft.refresh_from_db()
    today = datetime.combine(timezone.now().date(), datetime.min.time(), UTC)
    assert f"{draft.planned_sample:,}" == recommended.people
    assert draft.planned_end == today + timedelta(days=4 * 7 + 1)
    assert answer.redirect_chain[-1][0] == url(draft, "change")
    assert "The plan is in the draft" in text_of(answer)


def test_a_plan_that_the_draft_has_is_not_offered_again(admin, draft):
    told(admin, draft)
    admin.post(url(draft), {"adopt": ""})

    shown = text_of(told(admin, draft))

    assert "In the draft" in shown
    assert "Take this plan over" not in shown


def test_what_started_meanwhile_keeps_its_plan(admin, draft):
    told(admin, draft)
    start(draft, at=timezone.now())

    answer = admin.post(url(draft), {"adopt": ""}, follow=True)

    assert Experiment.objects.get(pk=draft.pk).planned_sample is None
    assert "“Hero” has started, so its plan stands." in text_of(answer)
    assert answer.redirect_chain[-1][0] == url(draft, "result")


def test_a_site_without_visitors_is_told_what_to_do_and_can_enter_what_it_expects(admin, project):
    empty = make_experiment(project, goals=[make_goal(project, "lead", name="Lead", level="macro")])
    shown = text_of(told(admin, empty))
    assert "Nobody was seen in the last 28 days" in shown
    assert "Is the script tag on the page?" in shown
    assert re.search(r"<details open[^>]*class=\"ml-expect", shown)

    admin.post(url(empty), {"assume": "", "people_per_day": "1000", "rate-lead": "5"})
    shown = text_of(told(admin, empty))

    assert "With about 1,000 visitors a day, a change of 10 % in “Lead” takes" in shown
    assert "These are numbers that you expect" in shown
    assert 'value="1000"' in shown
    admin.post(url(empty), {"forget": ""})
    assert "Nobody was seen" in text_of(told(admin, empty))


@pytest.mark.parametrize(
    ("sent", "complaint"),
    [
        ({}, "Enter the visitors a day, or what share of them does something."),
        ({"people_per_day": "many"}, "Enter a whole number."),
        ({"people_per_day": "0"}, "greater than or equal to 1"),
        ({"rate-purchase": "100"}, "less than or equal to 99.9"),
    ],
)
def test_expected_numbers_that_cannot_be_are_refused_kindly(admin, draft, sent, complaint):
    answer = admin.post(url(draft), {"assume": "", **sent})

    assert complaint in text_of(answer)
    assert not Forecast.objects.exists()


def test_a_failure_is_told_in_plain_words(admin, draft):
    Experiment.objects.update(alpha=7)

    shown = text_of(told(admin, draft))

    assert "Something went wrong. Ask again" in shown
    assert "ValueError" not in shown


def test_a_worker_that_does_not_come_is_told_after_a_minute(admin, draft):
    admin.get(url(draft))
    ago = timezone.now() - timedelta(minutes=2)
    Forecast.objects.update(asked_at=ago)
    Experiment.objects.update(updated_at=ago)

    assert "Is the worker running?" in text_of(admin.get(url(draft), {"fragment": "1"}))


def test_who_may_only_look_sees_the_numbers_and_changes_nothing(admin, draft):
    told(admin, draft)
    viewer = as_somebody_who_may("view_experiment")

    shown = text_of(viewer.get(url(draft)))

    assert "takes 4 weeks" in shown
    assert "Take this plan over" not in shown
    assert viewer.post(url(draft), {"adopt": ""}).status_code == 403
    assert Experiment.objects.get(pk=draft.pk).planned_sample is None


def test_strangers_are_sent_to_the_login_and_colleagues_without_permission_away(client, draft):
    assert client.get(url(draft)).url.startswith(reverse("admin:login"))
    assert as_somebody_who_may("view_goal").get(url(draft)).status_code == 403


def test_a_draft_that_does_not_exist_is_not_found(admin, draft):
    draft_url = url(draft)
    draft.delete()

    assert admin.get(draft_url).status_code == 404


def test_names_cannot_smuggle_markup(admin, draft):
    draft.name = "</script><img src=x onerror=alert(1)>"
    draft.save()
    draft.goal_roles.first().goal.__class__.objects.update(name="<img src=x>")

    assert "<img src=x" not in text_of(told(admin, draft))


def test_the_way_to_the_page_stands_on_the_form_of_a_draft_only(admin, draft):
    assert url(draft) in text_of(admin.get(url(draft, "change")))
    start(draft, at=timezone.now())
    assert url(draft) not in text_of(admin.get(url(draft, "change")))


def test_the_smallest_change_worth_having_is_typed_as_per_cent(admin, draft):
    admin.post(url(draft, "change"), experiment_form(variants=rows_of(draft), minimum_effect="2.5", _continue="1"))
    draft.refresh_from_db()
    assert draft.minimum_effect == 0.025

    for sent in ("0.05", "1001"):
        answer = admin.post(
            url(draft, "change"), experiment_form(variants=rows_of(draft), minimum_effect=sent, _continue="1")
        )
        assert answer.context["adminform"].form.errors.keys() == {"minimum_effect"}


def test_the_smallest_change_worth_having_can_be_read_after_the_start(admin, draft):
    start(draft, at=timezone.now())

    shown = text_of(admin.get(url(draft, "change")))

    assert "Smallest change worth having" in shown
    assert "25 %" in shown


def test_the_page_costs_few_queries(admin, draft):
    told(admin, draft)

    # session, user, the experiment with primaries and phases, the forecast, the goals of the form
    with queries(7):
        admin.get(url(draft))
    with queries(6):
        admin.get(url(draft), {"fragment": "1"})
