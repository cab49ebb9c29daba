"""manage.py aa_check: false alarms on recorded people, told plainly, with the exit status a machine needs."""

import json
from datetime import UTC, datetime, timedelta
from random import Random

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from experiments import lifecycle, rehearsing
from experiments.models import Enrolment, GoalTotal, Look
from experiments.rehearsing import Promise, Share
from tests.factories import make_experiment, make_goal, make_project
from tracking.models import Person

pytestmark = pytest.mark.django_db
START = datetime(2026, 3, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture
def shop():
    return make_project("shop")


@pytest.fixture
def aa_check(capsys):
    """Run the command on shop/button: its exit status and what it printed."""

    def run(*arguments, name="shop/button"):
        try:
            call_command("aa_check", name, *arguments)
        except SystemExit as end:
            return end.code, capsys.readouterr().out
        return 0, capsys.readouterr().out

    return run


def begun(shop, *, people=2000, key="button", **fields):
    """A phase of two weeks whose people came evenly; every fifth bought, and every fourth of them paid it back."""
    goals = {
        make_goal(shop, f"{key}-bought", name="Purchase", level="macro"): "primary",
        make_goal(shop, f"{key}-refund", name="Refund", level="macro", desired="decrease"): "guardrail",
    }
    experiment = make_experiment(shop, key, name="Button", goals=goals, **{"planned_end": START + 14 * DAY} | fields)
    phase = lifecycle.start(experiment, at=START)
    persons = Person.objects.bulk_create(Person(project=shop, key=f"v:{key}-{n}") for n in range(people))
    variants = Random(1).choices(["original", "green"], k=people)
    enrolments = Enrolment.objects.bulk_create(
        Enrolment(phase=phase, person=person, variant=variant, exposed_at=START + 14 * DAY * n / people)
        for n, (person, variant) in enumerate(zip(persons, variants, strict=True))
    )
    for goal, every in zip(goals, (5, 20), strict=True):
        GoalTotal.objects.bulk_create(GoalTotal(enrolment=one, goal=goal, value=1) for one in enrolments[::every])
    return phase


def look_at(phase, *days, people=2000):
    for number, day in enumerate(days, start=1):
        Look.objects.create(
            phase=phase,
            number=number,
            taken_at=START + day * DAY,
            spent=day / 14,
            people=round(people * day / 14),
            body=[],
        )


def test_false_alarms_are_told_by_direction_beside_what_is_allowed(shop, aa_check):
    look_at(begun(shop), 8, 11, 14)

    status, printed = aa_check("--runs", "300")

    assert status == 0
    told = printed.splitlines()
    assert told[0] == "Button, phase 1: 2,000 people, 3 looks, 300 runs."
    assert told[2] == "The looks are those that were taken."
    assert told[5].split() == ["goal", "called", "better", "called", "worse", "either", "at", "most"]
    assert told[6].startswith("Purchase (decides)")
    assert told[6].endswith("5\N{NARROW NO-BREAK SPACE}%")
    assert told[7].startswith("Refund (guardrail)")
    assert told[-1] == "No more false alarms than promised: on this traffic the rule can be trusted."


def test_an_effect_is_told_as_how_often_and_when_it_would_be_found(shop, aa_check):
    begun(shop, people=4000, planned_end=START + 14 * DAY)

    status, printed = aa_check("--runs", "40", "--effect", "0.5")

    assert status == 0
    assert "all variants but the original are better by 50" in printed
    assert "proven safe" in printed
    assert "The verdict would be to ship in" in printed.splitlines()[-1]


def test_a_machine_gets_the_same_answer_for_the_same_seed(shop, aa_check):
    begun(shop)

    first, again, other = (aa_check("--json", "--runs", "60", "--seed", seed)[1] for seed in "112")

    assert first == again != other
    told = json.loads(first)
    assert told["goals"][0]["goal"] == "button-bought"
    assert told["promises"][0]["called"]["error"] > 0
    assert told["promises"][0]["holds"] is told["holds"] is True


def test_without_looks_there_is_one_a_day_from_the_seventh_on_and_one_at_the_end(shop, aa_check):
    begun(shop)

    told = json.loads(aa_check("--json", "--runs", "1")[1])

    assert told["looks"] == {"number": 8, "as_taken": False, "spent": 1.0}
    assert told["people"] == 2000


def test_a_test_without_a_plan_is_judged_by_the_rule_for_any_day(shop, aa_check):
    phase = begun(shop, planned_end=None)
    lifecycle.stop(phase.experiment, at=START + 10.5 * DAY, now=START + 11 * DAY)

    told = json.loads(aa_check("--json", "--runs", "20", "--effect", "1")[1])

    assert told["looks"]["number"] == 5
    assert told["goals"][0]["better"]["share"] == 1


def test_a_test_that_was_imported_is_looked_at_once(shop, aa_check):
    phase = begun(shop, kind="external")
    look_at(phase, 8, 11)
    lifecycle.stop(phase.experiment, at=START + 14 * DAY, now=START + 14 * DAY)

    told = aa_check("--runs", "10")[1].splitlines()

    assert told[0] == "Button, phase 1: 2,000 people, 1 look, 10 runs."
    assert told[2] == "It is looked at once, at its end."


def test_what_is_too_thin_to_be_judged_is_named(shop, aa_check):
    begun(shop, people=300)

    printed = aa_check("--runs", "5")[1]

    assert "“Refund” was never judged" in printed


def test_an_earlier_phase_can_be_asked_for(shop, aa_check):
    phase = begun(shop)
    lifecycle.stop(phase.experiment, at=START + 14 * DAY, now=START + 14 * DAY)
    phase.pk, phase.number = None, 2
    phase.save()

    with pytest.raises(CommandError, match="Nobody has been counted"):
        aa_check()
    assert aa_check("--phase", "1", "--runs", "2")[0] == 0


@pytest.mark.parametrize(
    ("arguments", "name", "told"),
    [
        ((), "shop", "shop: write the keys of the project and of the experiment"),
        ((), "shop/none", "There is no experiment shop/none"),
        ((), "shop/draft", "shop/draft has not been started"),
        (("--phase", "7"), "shop/button", "shop/button has no phase 7"),
        ((), "shop/button", "Nobody has been counted"),
        (("--runs", "0"), "shop/button", "0: write a whole number"),
        (("--effect", "nan"), "shop/button", "nan: write a number"),
    ],
)
def test_a_mistake_is_told_in_one_line(shop, aa_check, arguments, name, told):
    begun(shop, people=0)
    make_experiment(shop, "draft")

    with pytest.raises(CommandError, match=told):
        aa_check(*arguments, name=name)


def test_an_effect_that_nobody_could_show_is_refused(shop, aa_check):
    begun(shop)

    with pytest.raises(CommandError, match=r"“Purchase” cannot change by so much"):
        aa_check("--effect", "5")


@pytest.mark.parametrize(("times", "holds"), [(50, True), (69, True), (78, False), (500, False)])
def test_a_promise_is_broken_beyond_three_standard_errors(times, holds):
    assert Promise("primary", [], Share(times, 1000), at_most=0.05).holds is holds


def test_a_broken_promise_has_an_exit_status_and_a_sentence(shop, aa_check, monkeypatch):
    begun(shop)
    monkeypatch.setattr(rehearsing, "STRIKING", -100)

    status, printed = aa_check("--runs", "20")

    assert status == 1
    assert "do not trust a narrow win in these goals" in printed


def test_what_it_asks_of_the_database_does_not_grow_with_the_people(shop, aa_check):
    counts = []
    for people in (100, 1000):
        look_at(begun(shop, people=people, key=f"of-{people}"), 8, 14, people=people)
        with CaptureQueriesContext(
            connection,
        ) as asked:
            aa_check("--runs", "1", name=f"shop/of-{people}")
        counts.append(len(asked))

    assert counts[0] == counts[1] <= 6
