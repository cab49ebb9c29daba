"""``manage.py verify``: agrees when it should, and names what was tampered with."""

import json
import re
import threading
from datetime import timedelta

import pytest
from django.core.management import CommandError
from django.db import connection, transaction

from experiments import lifecycle
from experiments.finals import finalise_due_phases
from experiments.models import Enrolment, GoalTotal, Phase, Tally
from experiments.rebuild import EXPOSURE, MOST_EVENTS
from tests.commands import running
from tests.factories import make_experiment, make_goal, make_project
from tests.population import LATER, SECOND, START, Crowd, send
from tracking import dues
from tracking.models import Due, Event, Person, Visitor
from tracking.wire.native import IncomingEvent

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def verify(capsys):
    return running("verify", capsys)


@pytest.fixture
def shop():
    return make_project("shop")


@pytest.fixture
def mail(shop):
    """Three people met the mail; ann and bob bought for 10 and 2.50."""
    spent = make_goal(shop, "spent", level="macro", event="purchase", measure="sum", property="value")
    experiment = make_experiment(shop, "mail", kind="external", goals=[spent])
    lifecycle.start(experiment, at=START)
    send(shop, [did(EXPOSURE, who, experiment="mail", variant="green") for who in ("ann", "bob", "cat")])
    send(shop, [did("purchase", "ann", value=10), did("purchase", "bob", value="2.50")])
    return experiment


def did(name, user, **properties):
    """On a device of the user's own, a second after the start."""
    event = IncomingEvent(f"{name}-{user}", name, f"{user}'s", user, START + SECOND, properties, {}, "")
    return "import", event


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_rollup_rebuild_and_sql_agree_on_whatever_people_do(seed, verify):
    crowd = Crowd(seed)
    send(crowd.project, crowd.sent)
    verify()
    crowd.stop_the_mail()
    crowd.ask_one_more()

    status, printed = verify()

    assert status == 0
    assert re.sub(r"\d+ persons", "some persons", printed).splitlines() == [
        "cta #1: some persons, 18 goals: agrees",
        "login #1: some persons, 17 goals: agrees",
        "mail #1: some persons, 17 goals: agrees",
    ]


def test_it_works_off_the_backlog_first(mail, verify):
    assert Due.objects.exists()

    assert verify() == (0, "mail #1: 3 persons, 1 goal: agrees\n")
    assert not Due.objects.exists()


def test_a_tampered_tally_is_named(mail, verify):
    verify()
    Tally.objects.filter(goal__key="spent").update(persons=3)

    status, printed = verify()

    assert status == 1
    assert printed.splitlines() == [
        "mail #1: 3 persons, 1 goal: differs",
        "  mail #1, variant green, goal spent, 2026-03-27: persons stored 3, events say 2 (rebuild and SQL agree)",
    ]


def test_a_tally_of_nothing_but_zeros_is_no_difference(mail, verify):
    verify()
    tally = Tally.objects.first()
    Tally.objects.create(phase=tally.phase, variant="original", day="2026-03-28", persons=0)

    assert verify()[0] == 0


def test_a_tampered_enrolment_is_named(mail, verify):
    verify()
    Enrolment.objects.filter(person__key="u:ann").update(variant="original")

    status, printed = verify()

    assert status == 1
    assert "mail #1, person u:ann: variant stored original, events say green" in printed


def test_an_enrolment_too_few_and_one_too_many_are_named(shop, mail, verify):
    verify()
    Enrolment.objects.get(person__key="u:cat").delete()
    ghost = Person.objects.create(project=shop, key="v:ghost")
    Enrolment.objects.create(phase=Phase.objects.get(), person=ghost, variant="green", exposed_at=START)

    _, printed = verify()

    assert "person u:cat: enrolment stored nothing, events say green at 2026-03-27T12:00:01+00:00" in printed
    assert "person v:ghost: enrolment stored green at 2026-03-27T12:00:00+00:00, events say nothing" in printed


def test_a_tampered_total_is_named(mail, verify):
    verify()
    GoalTotal.objects.filter(enrolment__person__key="u:bob").update(value="2.51")

    status, printed = verify()

    assert status == 1
    assert "mail #1, person u:bob, goal spent: value stored 2.51, events say 2.5" in printed


def test_an_event_that_no_rollup_was_told_of_is_noticed(shop, mail, verify):
    verify()
    send(shop, [did(EXPOSURE, "dan", experiment="mail", variant="green")])
    Due.objects.all().delete()

    status, printed = verify()

    assert status == 1
    assert "shop, visitor dan's: person stored nobody, events say u:dan" in printed
    assert "variant green, 2026-03-27: persons stored 3, rebuild says 3, SQL says 4" in printed


def test_a_visitor_linked_to_the_wrong_person_is_named(mail, verify):
    verify()
    Visitor.objects.filter(visitor_id="ann's").update(person=Person.objects.get(key="u:bob"))

    status, printed = verify()

    assert status == 1
    assert "shop, visitor ann's: person stored u:bob, events say u:ann" in printed


def test_a_frozen_phase_is_held_against_its_checksum(mail, verify):
    verify()
    lifecycle.stop(mail, at=START + timedelta(days=1), now=LATER)
    verify()
    assert finalise_due_phases(LATER + timedelta(days=99)) == 1
    assert verify() == (0, "mail #1: 3 persons, 1 goal, frozen: agrees\n")

    Event.objects.filter(name="purchase").delete()  # what retention may do
    assert verify()[0] == 0

    GoalTotal.objects.filter(enrolment__person__key="u:bob").update(value="2.51")
    status, printed = verify()

    assert status == 1
    assert "mail #1, the frozen numbers were changed: checksum stored" in printed


def test_a_machine_reads_the_same(mail, verify):
    verify()
    Tally.objects.filter(goal__key="spent").update(total="13.5")

    status, printed = verify("--json")

    (project,) = json.loads(printed)["projects"]
    (phase,) = project["phases"]
    (difference,) = phase["differences"]
    assert (status, project["agrees"], phase["agrees"], phase["persons"]) == (1, False, False, 3)
    assert difference["where"] == {"variant": "green", "goal": "spent", "day": "2026-03-27"}
    assert [difference[name] for name in ("what", "stored", "rebuilt", "counted")] == ["total", "13.5", "12.5", "12.5"]


def test_one_project_or_one_experiment_is_looked_at_alone(mail, verify):
    make_project("empty")
    other = make_experiment(make_project("other"), "other", kind="json")
    lifecycle.start(other, at=START)

    assert verify("--project", "empty") == (0, "")
    assert verify("--experiment", "mail") == (0, "mail #1: 3 persons, 1 goal: agrees\n")
    assert verify()[1].splitlines() == [
        "other/other #1: 0 persons, 1 goal: agrees",
        "shop/mail #1: 3 persons, 1 goal: agrees",
    ]


@pytest.mark.parametrize("arguments", [["--project", "nix"], ["--experiment", "nix"]])
def test_an_unknown_key_is_said_and_is_no_difference(arguments, mail, verify):
    with pytest.raises(CommandError, match=r"There is no \w+ 'nix'") as refused:
        verify(*arguments)

    assert refused.value.returncode == 2


def test_while_another_worker_holds_rows_nothing_is_compared(mail, verify):
    held, enough = threading.Event(), threading.Event()

    def slow_worker():
        with transaction.atomic():
            dues.claim(1)
            held.set()
            enough.wait(30)
        connection.close()

    worker = threading.Thread(target=slow_worker)
    worker.start()
    held.wait(30)
    with pytest.raises(CommandError, match="events of shop keep arriving") as refused:
        verify("--patience", "0.5")
    enough.set()
    worker.join()

    assert refused.value.returncode == 2
    assert verify()[0] == 0


def test_who_cannot_be_rebuilt_is_named_and_everybody_else_compared(shop, mail, verify):
    verify()
    phase = Phase.objects.get()
    phase.plan["goals"][0]["measure"] = "median"
    phase.save()
    send(shop, [did("login", "ann")])

    status, printed = verify()

    assert status == 1
    assert "shop, visitor ann's waits, set aside by the rollup: KeyError('median')" in printed
    assert "mail #1, person u:ann: cannot be rebuilt: KeyError('median')" in printed
    assert "mail #1, cannot be counted by SQL: KeyError('median')" in printed
    assert "u:cat" not in printed


def test_a_plan_that_cannot_be_read_is_named(mail, verify):
    verify()
    Phase.objects.update(plan={"experiment": "mail"})

    status, printed = verify()

    assert status == 1
    assert "mail #1, the plan cannot be read: Object missing required field" in printed


def test_who_sent_too_many_events_is_set_aside_by_all_three(shop, mail, verify):
    send(shop, [did("purchase", "ann", value=1)] * 2)
    flood = [IncomingEvent(f"x{n}", "purchase", "ann's", "", START, {}, {}, "") for n in range(MOST_EVENTS)]
    send(shop, [("client", event) for event in flood])

    assert verify()[0] == 0
    assert Enrolment.objects.get(person__key="u:ann").excluded == "too_many"
