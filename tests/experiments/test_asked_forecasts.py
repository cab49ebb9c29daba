"""A forecast is answered once for each time it is asked, whatever goes wrong, and never tried for ever."""

import threading
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.utils import timezone

from experiments import forecasting
from experiments.forecasting import GIVE_UP, answer_asked
from experiments.forecasts import Assumed, answer_in, ask, assume, assumed_in, is_outdated, latest, save, state_of
from experiments.models import ExperimentGoal, Variant
from tests.factories import make_experiment, make_goal, make_project
from tests.past import MINUTE, came

pytestmark = pytest.mark.django_db
NOW = timezone.now()
SECOND = timedelta(seconds=1)


@pytest.fixture
def draft():
    shop = make_project()
    came(shop, NOW, 280, did={"purchase": 28})
    return make_experiment(shop, goals=[make_goal(shop, "purchase", level="macro")])


def reason_of(experiment):
    now = timezone.now()
    ask(experiment, now)
    answer_asked(now)
    return latest(experiment).body["reason"]["code"]


def test_it_is_answered_once_each_time_it_is_asked(draft):
    assert state_of(latest(draft)) == "not_asked"
    assert answer_asked(NOW) == 0
    ask(draft, NOW)
    assert state_of(latest(draft)) == "pending"

    assert (answer_asked(NOW), answer_asked(NOW + SECOND)) == (1, 0)

    assert state_of(latest(draft)) == "ready"
    ask(draft, NOW + MINUTE)
    assert (state_of(latest(draft)), answer_in(latest(draft))["visitors"]) == ("pending", 280)
    assert answer_asked(NOW + MINUTE) == 1


def test_a_clock_that_is_ahead_does_not_make_it_wait_for_ever(draft):
    ask(draft, NOW + timedelta(hours=1))

    assert (answer_asked(NOW), answer_asked(NOW)) == (1, 0)
    assert state_of(latest(draft)) == "ready"


def test_what_is_asked_while_an_answer_is_worked_out_stays_open(draft):
    before = ask(draft, NOW)
    ask(draft, NOW + SECOND)

    save(before, {"goals": []}, at=NOW + MINUTE)

    assert state_of(latest(draft)) == "pending"
    assert latest(draft).body is None


def test_a_draft_that_cannot_be_worked_out_says_so_and_stops_no_other(draft):
    broken = make_experiment(draft.project, alpha=7)
    ask(broken, NOW - SECOND)
    ask(draft, NOW)

    assert (answer_asked(NOW), answer_asked(NOW)) == (2, 0)

    assert (state_of(latest(broken)), state_of(latest(draft))) == ("failed", "ready")
    assert "alpha" in latest(broken).error


def test_an_error_goes_with_the_next_answer(draft):
    draft.alpha = 7
    draft.save()
    ask(draft, NOW)
    answer_asked(NOW)
    draft.alpha = 0.05
    draft.save()
    ask(draft, NOW + SECOND)

    answer_asked(NOW + SECOND)

    assert (state_of(latest(draft)), latest(draft).error) == ("ready", "")


def test_what_nobody_answered_for_long_is_given_up(draft):
    ask(draft, NOW - GIVE_UP - SECOND)

    assert (answer_asked(NOW), answer_asked(NOW)) == (1, 0)
    assert (state_of(latest(draft)), latest(draft).error) == ("failed", "not_answered")


def test_drafts_that_are_not_ready_are_told_what_they_lack(draft):
    shop = draft.project

    assert reason_of(make_experiment(make_project())) == "no_history"
    assert reason_of(make_experiment(shop, coverage=0)) == "no_traffic"
    ExperimentGoal.objects.filter(experiment=draft).delete()
    assert reason_of(draft) == "no_goals"
    Variant.objects.filter(experiment=draft, is_control=False).update(weight=0)
    assert reason_of(draft) == "too_few_variants"
    assert reason_of(make_experiment(shop, variants=[])) == "too_few_variants"


def test_a_goal_that_nobody_reached_has_no_number_and_a_reason(draft):
    goal = make_goal(draft.project, "rare")
    ExperimentGoal.objects.create(experiment=draft, goal=goal, role="primary")
    ask(draft, NOW)
    answer_asked(NOW)

    body = latest(draft).body

    rare = next(row for row in body["goals"] if row["key"] == "rare")
    assert rare["detectable"] == [None] * 5
    assert (rare["needed"]["people"], rare["needed"]["reason"]["code"]) == (None, "control_is_zero")
    assert body["recommended"] is None


def test_expected_numbers_stand_in_for_the_history_until_they_are_taken_back(draft):
    expected = Assumed(1000, {"purchase": 0.05})
    assume(draft, expected, NOW)
    answer_asked(NOW)
    ask(draft, NOW + SECOND)
    answer_asked(NOW + SECOND)

    body = latest(draft).body
    assert (body["people_per_day"], body["goals"][0]["baseline"]["mean"]) == (1000, 0.05)
    assert assumed_in(latest(draft)) == expected

    assume(draft, None, NOW + MINUTE)
    answer_asked(NOW + MINUTE)
    assert (latest(draft).body["assumed"], latest(draft).body["people_per_day"]) == (None, pytest.approx(10))


def test_a_site_without_any_visitor_can_be_planned_with_expected_numbers():
    shop = make_project()
    draft = make_experiment(shop, goals=[make_goal(shop, "purchase", level="macro")])
    assume(draft, Assumed(1000, {"purchase": 0.05}), NOW)

    answer_asked(NOW)

    assert latest(draft).body["recommended"]["people"] > 1000


def test_an_answer_is_outdated_when_the_draft_has_changed_or_a_day_has_passed(draft):
    now = draft.updated_at + SECOND
    forecast = ask(draft, now)

    assert is_outdated(None, draft, now)
    assert not is_outdated(forecast, draft, now + MINUTE)
    assert is_outdated(forecast, draft, now + timedelta(days=2))
    draft.updated_at = now + SECOND
    assert is_outdated(forecast, draft, now + MINUTE)


def test_an_answer_of_an_older_version_is_not_shown_and_asked_for_anew(draft):
    now = draft.updated_at + SECOND
    forecast = ask(draft, now)
    answer_asked(now)
    assert not is_outdated(latest(draft), draft, now)

    save(forecast, {**latest(draft).body, "version": 0}, at=now)

    assert answer_in(latest(draft)) is None
    assert is_outdated(latest(draft), draft, now)


def elsewhere(work):
    """What another connection to the database answers."""
    answers = []

    def run():
        try:
            answers.append(work())
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    thread.join(timeout=30)
    return answers[0]


@pytest.mark.django_db(transaction=True)
def test_two_workers_do_not_answer_the_same_question(draft):
    forecast = ask(draft, NOW)

    with transaction.atomic():
        assert forecasting.is_ours(forecast.id)
        assert elsewhere(lambda: answer_asked(NOW)) == 0

    assert elsewhere(lambda: answer_asked(NOW)) == 1


@pytest.mark.django_db(transaction=True)
def test_a_history_that_takes_too_long_is_given_up_and_told(draft, monkeypatch):
    ask(draft, NOW)
    monkeypatch.setattr(forecasting, "LONGEST", SECOND / 5)

    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("LOCK TABLE tracking_event IN ACCESS EXCLUSIVE MODE")
        assert elsewhere(lambda: answer_asked(NOW)) == 1

    assert (state_of(latest(draft)), latest(draft).error) == ("failed", "too_slow")
    assert answer_asked(NOW) == 0
