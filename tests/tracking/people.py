"""People with events, to export and to erase."""

from datetime import UTC, datetime, timedelta

from experiments import lifecycle, rollups
from experiments.models import Experiment
from experiments.rebuild import EXPOSURE
from tests.factories import make_experiment, make_goal
from tracking.capture import capture
from tracking.models import Project
from tracking.wire.native import IncomingEvent

START = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def did(project: Project, visitor: str, name: str = "page_view", *, user: str = "", at: int = 1, **properties: object):
    event_id = f"{name}-{visitor}-{user}-{at}"
    event = IncomingEvent(event_id, name, visitor, user, START + at * HOUR, properties, {}, "")
    (receipt,) = capture(project.id, [event], "import")
    return receipt


def running_mail(project: Project, key: str = "mail") -> Experiment:
    """A running test whose variant the sender names, with one goal: the number of purchases."""
    orders = make_goal(project, f"{key}-orders", level="macro", event="purchase", measure="count")
    experiment = make_experiment(project, key, kind="external", goals=[orders])
    lifecycle.start(experiment, at=START)
    return experiment


def met(project: Project, visitor: str, *, user: str = "", at: int = 1, experiment: str = "mail") -> None:
    did(project, visitor, EXPOSURE, user=user, at=at, experiment=experiment, variant="green")


def counted() -> None:
    while rollups.roll_up(seconds=30):
        pass
