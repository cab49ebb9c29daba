"""Opening and closing phases, and telling rollups whose numbers that may change. Callers hold the project's lock."""

import secrets
from datetime import datetime, timedelta

from django.db.models import Max, Q

from experiments.models import Enrolment, Experiment, Phase
from experiments.phases import to_json
from experiments.plan_building import plan_for
from experiments.rebuild import EXPOSURE
from tracking import dues
from tracking.models import Visitor
from tracking.queries import visitors_who_sent

TICK = timedelta(microseconds=1)


def open_phase(experiment: Experiment, *, at: datetime) -> Phase:
    """The next phase, under a new seed. Raises ``NotReady`` where others leave it no place."""
    seed = secrets.token_hex(8)
    phase = Phase.objects.create(
        experiment=experiment,
        number=(experiment.phases.aggregate(last=Max("number"))["last"] or 0) + 1,
        seed=seed,
        plan=to_json(plan_for(experiment, seed)),
        planned_sample=experiment.planned_sample,
        planned_end=experiment.planned_end,
        started_at=at,
    )
    mark_exposed_since(experiment, at)
    return phase


def close_phase(phase: Phase, *, at: datetime, now: datetime, handed_over: bool = False) -> None:
    """End it as of ``at``; ``handed_over``: the next phase begins at that very moment."""
    phase.ended_at = max(at, phase.started_at + TICK)
    phase.closed_at = now
    phase.pauses = _within(phase.pauses, phase.ended_at)
    phase.handed_over = handed_over
    phase.save(update_fields=["ended_at", "closed_at", "pauses", "handed_over"])
    # Those met too late, and those who were mixed perhaps only by an exposure after the end.
    mark_enrolled(phase, Q(exposed_at__gte=phase.ended_at) | Q(excluded="mixed"))


def mark_enrolled(phase: Phase, enrolled: Q) -> None:
    people = Enrolment.objects.filter(enrolled, phase=phase).values("person_id")
    visitors = Visitor.objects.filter(person_id__in=people).values_list("visitor_id", flat=True)
    dues.mark(phase.experiment.project_id, list(visitors))


def mark_exposed_since(experiment: Experiment, since: datetime) -> None:
    dues.mark(experiment.project_id, visitors_who_sent(experiment.project_id, EXPOSURE, since))


def _within(pauses: list[list[str | None]], end: datetime) -> list[list[str | None]]:
    """Pauses that begin before the end; one that is still open ends with the phase."""
    kept = []
    for start, until in pauses:
        if start is not None and datetime.fromisoformat(start) < end:
            late = until is None or datetime.fromisoformat(until) > end
            kept.append([start, end.isoformat() if late else until])
    return kept
