"""The result page in all its states, and what it costs."""

import re
from datetime import timedelta
from html import unescape

import pytest
from django.db.models import F
from django.urls import reverse
from django.utils import timezone

from experiments.computing import compute_open_phases
from experiments.lifecycle import schedule, start, stop
from experiments.models import Result, Tally
from tests.factories import make_experiment, make_goal
from tests.refined import enrol, make_running


def url(experiment):
    return reverse("admin:experiments_experiment_result", args=[experiment.pk])


def text_of(answer):
    return answer.content.decode().replace("\u202f", " ")


@pytest.fixture
def running(project):
    """Twelve days in, nine to go; nobody has come yet."""
    now = timezone.now()
    goals = [make_goal(project, "purchase", name="Purchase", level="macro"), make_goal(project, "click", name="Click")]
    experiment = make_experiment(project, "hero", name="Hero", goals=goals, planned_end=now + timedelta(days=9))
    start(experiment, at=now - timedelta(days=12))
    # Nothing has to be filled in from before it was opened, so looks may be taken at once.
    experiment.phases.update(opened_at=F("started_at"))
    return experiment


def come(experiment, counts):
    """People by variant, and how many of them did each goal."""
    phase = experiment.phases.get()
    for variant, (people, *done) in counts.items():
        common = {"phase": phase, "variant": variant, "day": phase.started_at.date()}
        Tally.objects.create(**common, persons=people)
        for row, count in zip(experiment.goal_roles.all(), done, strict=True):
            Tally.objects.create(**common, goal=row.goal, persons=count, total=count, squares=count)
    compute_open_phases(timezone.now())


def test_a_running_test_shows_verdict_rows_and_charts(admin, running):
    come(running, {"original": (10_000, 300, 900), "green": (10_000, 330, 1100)})

    answer = admin.get(url(running))

    assert "Keep running. “Click” is better with “Green” already (+22 %); “Purchase” is not decided yet." in text_of(
        answer
    )
    assert "<td>300 of 10,000<small>3 %</small></td>" in text_of(answer)
    assert [bool(row.chart) for block in answer.context["page"].blocks for row in block.rows] == [True, True]
    assert set(answer.context["specs"]) == {"chart-0", "chart-1"}


def test_rows_can_be_read_without_scripts(admin, running):
    come(running, {"original": (10_000, 300, 900), "green": (10_000, 330, 1100)})

    shown = text_of(admin.get(url(running)))

    assert 'role="img" aria-label="Purchase: +10 %, ' in shown
    assert re.search(r"<small>likely between −\S+ % and \+\S+ %</small>", shown)


def test_a_broken_split_is_said_first(admin, running):
    come(running, {"original": (10_000, 300, 900), "green": (9_000, 330, 1100)})

    assert "Do not trust these numbers" in text_of(admin.get(url(running)))


def test_nobody_yet_says_where_to_look(admin, running):
    come(running, {})

    assert "Waiting for the first visitor" in text_of(admin.get(url(running)))


def test_a_stopped_test_that_nobody_met_is_told_in_the_past(admin, running):
    come(running, {})
    stop(running, at=timezone.now(), now=timezone.now())

    shown = text_of(admin.get(url(running)))

    assert "Nobody met this experiment while it ran" in shown
    assert "script tag" not in shown


def test_a_winner_past_its_end_makes_stop_the_main_button(admin, running):
    running.phases.update(planned_end=timezone.now() - timedelta(hours=1))
    come(running, {"original": (10_000, 300, 900), "green": (10_000, 400, 1100)})

    assert re.search(r'class="ml-button ml-main" href="[^"]+/stop', text_of(admin.get(url(running))))


def test_an_early_winner_makes_stop_the_main_button_and_says_that_the_look_was_allowed_for(admin, running):
    come(running, {"original": (10_000, 300, 900), "green": (10_000, 450, 1100)})

    shown = text_of(admin.get(url(running)))

    assert re.search(r'class="ml-button ml-main" href="[^"]+/stop', shown)
    assert "day 13 of 21: the rule allows for every look that was taken." in shown
    assert "Better · since day 13" in shown


def test_a_closer_look_is_folded_away_until_somebody_asks(admin, running):
    come(running, {"original": (10_000, 300, 900), "green": (10_000, 330, 1100)})

    shown = text_of(admin.get(url(running)))

    assert '<details id="closer-look">' in shown
    assert '<details open id="all-numbers">' in shown
    assert "is computed from each person's own numbers" in unescape(shown)


def test_what_a_worker_has_refined_is_shown(admin, project):
    refined = make_running(project)
    enrol(refined, 1200)

    shown = unescape(text_of(admin.get(url(refined))))

    assert "“Purchase”: phone and desktop do not differ beyond chance." in shown
    assert "Adjusted by: Purchase before" in shown
    assert "more people had come" in shown
    assert "no sign of wearing off" in shown
    assert "people a day: 8 days left. By then a change of" in shown


def test_a_refinement_costs_no_more_queries(admin, project, django_assert_num_queries):
    refined = make_running(project)
    enrol(refined, 1200)

    with django_assert_num_queries(6):
        admin.get(url(refined), {"fragment": "1"})


def test_the_breadcrumb_ends_with_the_name(admin, running):
    change = reverse("admin:experiments_experiment_change", args=[running.pk])

    assert re.search(rf'<a href="{change}" class="align-middle[^>]+>\s*Hero', text_of(admin.get(url(running))))


def test_not_yet_computed_says_so(admin, running):
    assert "The first numbers are being computed" in text_of(admin.get(url(running)))


def test_a_draft_has_no_result(admin, project):
    assert "Not started yet" in text_of(admin.get(url(make_experiment(project))))


def test_a_scheduled_test_says_when_it_starts_by_itself(admin, project):
    later = timezone.now().replace(year=2090, month=3, day=1, hour=8, minute=30)
    experiment = make_experiment(project, starts_at=later)
    schedule(experiment, now=timezone.now())

    shown = text_of(admin.get(url(experiment)))

    assert "It starts by itself on 1 Mar 2090, " in shown
    assert "being computed" not in shown
    assert "worker" not in shown
    for name in ("change", "start_test"):
        assert f'href="{reverse(f"admin:experiments_experiment_{name}", args=[experiment.pk])}"' in shown


def test_old_numbers_stay_under_a_banner(admin, running):
    come(running, {"original": (10_000, 300, 900), "green": (10_000, 330, 1100)})
    Result.objects.update(data_through=timezone.now() - timedelta(hours=2))

    shown = text_of(admin.get(url(running)))

    assert "These numbers hold what happened until 2 h ago" in shown
    assert "Keep running." in shown


def test_the_fragment_is_the_body_alone_and_is_not_kept(admin, running):
    answer = admin.get(url(running), {"fragment": "1"})

    assert "<html" not in text_of(answer)
    assert 'id="result-specs"' in text_of(answer)
    assert "no-store" in answer["Cache-Control"]


def test_the_page_has_no_inline_script_of_ours(admin, running):
    come(running, {"original": (10_000, 300, 900), "green": (10_000, 330, 1100)})

    fragment = text_of(admin.get(url(running), {"fragment": "1"}))

    assert fragment.count("<script") == fragment.count('<script id="result-specs" type="application/json"') == 1


def test_names_cannot_smuggle_markup(admin, running):
    running.name = running.hypothesis = "</script><img src=x onerror=alert(1)>"
    running.save()
    come(running, {"original": (10_000, 300, 900), "green": (10_000, 330, 1100)})

    assert "<img src=x" not in text_of(admin.get(url(running)))


def test_strangers_are_sent_to_the_login(client, running):
    assert client.get(url(running)).url.startswith(reverse("admin:login"))


def test_the_fragment_costs_few_queries(admin, running, django_assert_num_queries):
    come(running, {"original": (10_000, 300, 900), "green": (10_000, 330, 1100)})

    # session, user, experiment with its primaries and phases, the phase with its result
    with django_assert_num_queries(6):
        admin.get(url(running), {"fragment": "1"})
