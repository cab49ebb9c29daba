"""One visitor among thousands cannot be counted: the others are, and that one as soon as it can be."""

import pytest
from django.urls import reverse

from experiments import lifecycle, rollups
from experiments.models import Enrolment, GoalTotal
from experiments.rebuild import EXPOSURE
from tests.factories import make_experiment, make_goal, make_project
from tests.population import SECOND, START, send
from tracking import dues
from tracking.models import Due, Event
from tracking.wire.native import IncomingEvent

CROWD = 5_000
POISON = "v2718"


def did(name, visitor, **properties):
    return "import", IncomingEvent(f"{name}-{visitor}", name, visitor, "", START + 2 * SECOND, properties, {}, "")


@pytest.fixture
def mail(db):
    """A running test. A newer release planned one of its goals with a measure that this one does not know; of all
    events a single one asks for it.
    """
    shop = make_project("shop")
    goals = {
        make_goal(shop, "orders", level="macro", event="purchase"): "primary",
        make_goal(shop, "odd"): "secondary",
    }
    experiment = make_experiment(shop, "mail", kind="external", goals=goals)
    lifecycle.start(experiment, at=START)
    _plan(experiment, "median")
    return experiment


def _plan(experiment, measure):
    phase = experiment.phases.get()
    phase.plan["goals"][1]["measure"] = measure
    phase.save()


def arrive(shop):
    """10,000 events, the poison in the middle of them."""
    sent = []
    for number in range(CROWD):
        visitor = f"v{number}"
        sent.append(did(EXPOSURE, visitor, experiment="mail", variant="green"))
        sent.append(did("odd" if visitor == POISON else "purchase", visitor))
    for place in range(0, len(sent), 500):
        send(shop, sent[place : place + 500])
    assert Event.objects.count() == 2 * CROWD


@pytest.mark.timeout(600)
def test_one_poison_event_among_ten_thousand_stops_nobody_and_is_replayed(admin_client, mail):
    shop = mail.project
    arrive(shop)

    rounds = 0
    while dues.waiting(shop.pk) and rounds < 50:
        rollups.roll_up(seconds=60)
        rounds += 1

    assert Enrolment.objects.count() == CROWD - 1
    assert dues.set_aside(shop.pk) == {POISON: "KeyError('median')"}
    assert {row.tries for row in Due.objects.all()} == {dues.MOST_TRIES}
    assert rollups.roll_up(seconds=5) == 0

    _plan(mail, "once")
    admin_client.post(f"{reverse('admin:tracking_aside')}?project={shop.pk}", {"visitor": [POISON]})
    rollups.roll_up(seconds=60)

    assert Enrolment.objects.count() == CROWD
    assert not Due.objects.exists()
    assert list(GoalTotal.objects.filter(goal__key="odd").values_list("enrolment__person__key", "value")) == [
        (f"v:{POISON}", 1)
    ]
