"""Events into enrolments, totals and tallies: whatever the order, the workers and the accidents, the same numbers."""

import threading
import time
from contextlib import suppress
from datetime import timedelta

import pytest
from django.db import OperationalError, connection, transaction

from experiments import lifecycle, rollups
from experiments.models import Enrolment, ExperimentGoal, Tally
from experiments.rebuild import BEFORE, EXPOSURE, MOST_EVENTS
from tests.factories import make_experiment, make_goal, make_project
from tests.population import SECOND, START, Crowd, forget_everything, numbers, send
from tracking import dues
from tracking.models import Due, Person
from tracking.wire.native import IncomingEvent

COMMITTED = pytest.mark.django_db(transaction=True)


def drain():
    while rollups.roll_up(seconds=30):
        pass
    assert not Due.objects.exists()


def in_bits(crowd, sent):
    """A few events at a time, as clients send them."""
    place = 0
    while place < len(sent):
        size = crowd.random.randint(1, 60)
        send(crowd.project, sent[place : place + size])
        place += size
        yield place


def assert_as_in_one_pass(crowd):
    drain()
    found = numbers(crowd.project)
    assert {"", "mixed", "shared", "mismatch", "test"} <= {row[4] for row in found["enrolments"]}
    assert len(found["totals"]) > 30
    forget_everything(crowd.project)
    drain()
    assert found == numbers(crowd.project)


@pytest.fixture
def shop():
    return make_project()


@pytest.fixture
def mail(shop):
    """A running test whose arm the sender gives, with one goal: the number of purchases."""
    orders = make_goal(shop, "orders", level="macro", event="purchase", measure="count")
    experiment = make_experiment(shop, "mail", kind="external", goals=[orders])
    lifecycle.start(experiment, at=START)
    return experiment


def did(name, visitor="v1", *, at=SECOND, user="", number=0, **properties):
    event_id = f"{name}-{visitor}-{user}-{at}-{number}"
    return "import", IncomingEvent(event_id, name, visitor, user, START + at, properties, {}, "")


def met(visitor="v1", *, at=SECOND, user="", variant="green", experiment="mail"):
    return did(EXPOSURE, visitor, at=at, user=user, experiment=experiment, variant=variant)


def counted(experiment):
    """Persons and total by goal (None: the enrolled) and reason of exclusion."""
    found = {}
    for row in Tally.objects.filter(phase__experiment=experiment).exclude(persons=0, total=0, squares=0):
        key = (row.goal and row.goal.key, row.excluded)
        persons, total = found.get(key, (0, 0))
        found[key] = (persons + row.persons, total + row.total)
    return found


@pytest.mark.django_db
@pytest.mark.parametrize("seed", [11, 12])
def test_events_in_any_order_and_any_portions_give_the_numbers_of_one_pass(seed):
    crowd = Crowd(seed)

    for place in in_bits(crowd, crowd.sent):
        if crowd.random.random() < 0.6:
            rollups.roll_up(seconds=0.01)
        if place > len(crowd.sent) / 3 and not crowd.cta.goal_roles.filter(goal__key="late").exists():
            crowd.ask_one_more()
    drain()
    crowd.stop_the_mail()

    assert_as_in_one_pass(crowd)


@COMMITTED
def test_two_workers_at_once_give_the_numbers_of_one_pass():
    crowd, failures = Crowd(13), []

    def work(sent):
        try:
            for _ in in_bits(crowd, sent):
                rollups.roll_up(seconds=1)
        except BaseException as error:
            failures.append(error)
            raise
        finally:
            connection.close()

    workers = [threading.Thread(target=work, args=[crowd.sent[half::2]]) for half in (0, 1)]
    [worker.start() for worker in workers]
    crowd.stop_the_mail()
    crowd.ask_one_more()
    [worker.join() for worker in workers]

    assert not failures
    assert_as_in_one_pass(crowd)


@COMMITTED
def test_a_worker_that_dies_before_its_commit_changes_nothing():
    crowd = Crowd(14, people=50)

    for _ in in_bits(crowd, crowd.sent):
        with suppress(OperationalError), transaction.atomic(), connection.cursor() as cursor:
            assert rollups.roll_up(seconds=5)
            cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")
        connection.close()
        if crowd.random.random() < 0.3:
            rollups.roll_up(seconds=1)
    crowd.stop_the_mail()

    assert_as_in_one_pass(crowd)


@pytest.mark.django_db
def test_the_second_rebuild_of_a_person_finds_no_difference():
    crowd = Crowd(15, people=30)
    send(crowd.project, crowd.sent)
    drain()

    again = rollups.rebuild_persons(crowd.project.id, list(Person.objects.values_list("id", flat=True)))

    assert again.items() == []


@pytest.mark.django_db
def test_a_conversion_before_its_exposure_is_counted_once_the_exposure_arrives(shop, mail):
    send(shop, [did("purchase", at=timedelta(hours=1))])
    drain()
    assert counted(mail) == {}

    send(shop, [met()])
    drain()

    assert counted(mail) == {(None, ""): (1, 0), ("orders", ""): (1, 1)}


@pytest.mark.django_db
def test_a_login_makes_one_person_of_two_devices(shop, mail):
    send(shop, [met("phone"), met("laptop"), did("purchase", "phone", at=timedelta(hours=1))])
    drain()
    assert counted(mail)[None, ""] == (2, 0)

    send(shop, [did("login", "phone", user="ann"), did("login", "laptop", user="ann")])
    drain()

    assert counted(mail) == {(None, ""): (1, 0), ("orders", ""): (1, 1)}
    assert Enrolment.objects.get().person.key == "u:ann"


@pytest.mark.django_db
def test_a_stop_in_the_past_takes_back_what_came_after_it(shop, mail):
    send(shop, [met("early"), met("late", at=timedelta(days=2))])
    send(shop, [met("torn", variant="green"), met("torn", variant="original", at=timedelta(days=2))])
    drain()
    assert counted(mail) == {(None, ""): (2, 0), (None, "mixed"): (1, 0)}

    lifecycle.stop(mail, at=START + timedelta(days=1), now=START + timedelta(days=9))
    drain()

    assert set(Enrolment.objects.values_list("person__key", "excluded")) == {("v:early", ""), ("v:torn", "")}


@pytest.mark.django_db
def test_a_goal_added_later_is_answered_from_past_events(shop, mail):
    send(shop, [met(), did("share", at=timedelta(hours=1))])
    drain()

    shares = make_goal(shop, "shares", event="share")
    lifecycle.add_goal(mail, ExperimentGoal.objects.create(experiment=mail, goal=shares))
    drain()

    assert counted(mail)["shares", ""] == (1, 1)


@pytest.mark.django_db
@pytest.mark.parametrize("devices", [1, 2])
def test_too_many_events_of_one_phase_are_no_reason_to_doubt_another(devices, shop, mail):
    scrolls = make_goal(shop, "scrolls", level="macro", event="scroll", measure="count")
    other = make_experiment(shop, "other", kind="external", goals=[scrolls])
    lifecycle.start(other, at=START)
    robot = [did("scroll", f"v{n % devices}", user="robot", number=n) for n in range(MOST_EVENTS + 1)]

    send(shop, [*robot, met("v0", at=timedelta(hours=1)), met("v0", at=timedelta(hours=2), experiment="other")])
    send(shop, [did("purchase", "v0", at=timedelta(hours=3))])
    drain()

    assert counted(mail) == {(None, ""): (1, 0), ("orders", ""): (1, 1)}
    assert counted(other) == {(None, "too_many"): (1, 0)}


@pytest.mark.django_db
def test_only_the_rows_that_were_claimed_are_settled(shop, mail):
    send(shop, [met()])

    with transaction.atomic():
        claimed = dues.claim(10)
        send(shop, [did("purchase", at=timedelta(hours=1))])
        dues.settle(claimed)

    assert Due.objects.exclude(id__in=[due.id for due in claimed]).count() == Due.objects.count() == 1


@COMMITTED
def test_a_row_that_another_worker_holds_is_left_to_it(shop, mail):
    send(shop, [met("held")])
    seen = []

    def other_worker():
        send(shop, [met("free")])
        seen.append(rollups.roll_up(seconds=5))
        connection.close()

    with transaction.atomic():
        dues.claim(10)
        thread = threading.Thread(target=other_worker)
        thread.start()
        thread.join()

    assert seen == [1]
    assert list(Due.objects.values_list("visitor_id", flat=True)) == ["held"]
    assert list(Enrolment.objects.values_list("person__key", flat=True)) == ["v:free"]


def wait_until_somebody_waits():
    with connection.cursor() as cursor:
        for _ in range(1000):
            cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
            if cursor.fetchone()[0]:
                return
            time.sleep(0.01)
    raise AssertionError("nobody waits for a lock")


@COMMITTED
def test_two_workers_with_two_devices_of_one_person_count_it_once(shop, mail):
    send(shop, [did("login", "phone", user="ann"), did("login", "laptop", user="ann")])
    drain()
    send(shop, [met("phone")])

    def other_worker():
        send(shop, [met("laptop")])
        rollups.roll_up(seconds=5)
        connection.close()

    worker = threading.Thread(target=other_worker)
    with transaction.atomic():
        rollups.roll_up(seconds=5)
        worker.start()
        wait_until_somebody_waits()
    worker.join()

    assert not Due.objects.exists()
    assert counted(mail) == {(None, ""): (1, 0)}


@pytest.mark.django_db
def test_a_person_who_cannot_be_rebuilt_is_set_aside_and_the_others_go_on(shop, mail):
    phase = mail.phases.get()
    phase.plan["goals"][0]["measure"] = "median"
    phase.save()
    send(shop, [met("bad"), did("purchase", "bad", at=timedelta(hours=1)), met("good")])

    for _ in range(dues.MOST_TRIES):
        rollups.roll_up(seconds=5)

    assert dues.set_aside(shop.id) == {"bad": "KeyError('median')"}
    assert (dues.waiting(shop.id), Due.objects.get().tries) == (0, dues.MOST_TRIES)
    assert list(Enrolment.objects.values_list("person__key", flat=True)) == ["v:good"]
    assert rollups.roll_up(seconds=5) == 0


@pytest.mark.django_db
def test_numbers_beyond_64_bits_in_covariates_stop_nobody(shop, mail):
    send(shop, [did(EXPOSURE, experiment="mail", variant="green", covariates={"spent": 1e30, "deep": [0.1]})])
    drain()

    assert Enrolment.objects.get().covariates == {"spent": 10**30, "deep": [0.1]}


@pytest.mark.django_db
def test_a_past_that_arrives_late_is_found_too(shop, mail):
    send(shop, [met(), did("purchase", at=2 * SECOND)])
    drain()
    send(shop, [did("purchase", at=-timedelta(days=3))])
    drain()

    (goal,) = [row.goal_id for row in mail.goal_roles.all()]
    assert Enrolment.objects.get().covariates == {BEFORE: {str(goal): 1.0}}
    assert counted(mail)["orders", ""] == (1, 1)
