"""Recomputes every enrolment from the configuration in force at its exposure, and holds that configuration's chain."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple

from django.db import connection, transaction

from experiments.chain import Break, Spell, history_of
from experiments.models import Enrolment, Phase
from tracking.models import Project

# Bounds the memory: so many enrolments with their visitors at once.
CHUNK = 2_000
# So long pages and servers may go by a configuration that they have loaded, and clocks may differ.
GRACE = timedelta(seconds=60)
# Somebody reads them one by one; of what goes beyond, the number is enough.
MOST_NAMED = 1_000
MOST_VISITORS_NAMED = 5

# By person and not by enrolment: there is an index for it.
NEXT = """
SELECT e.person_id, p.key, e.variant, e.exposed_at,
       (SELECT array_agg(v.visitor_id ORDER BY v.id) FROM tracking_visitor v WHERE v.person_id = e.person_id)
FROM experiments_enrolment e JOIN tracking_person p ON p.id = e.person_id
WHERE e.phase_id = %s AND e.excluded = '' AND e.person_id > %s
ORDER BY e.person_id LIMIT %s
"""

Progress = Callable[[int], object]


class _Row(NamedTuple):
    person_id: int
    person: str
    variant: str
    exposed_at: datetime
    visitor_ids: list[str] | None

    @property
    def visitors(self) -> list[str]:
        """A lone visitor may belong to a user by now, and it is still the one who was enrolled."""
        lone = [self.person[2:]] if self.person.startswith("v:") else []
        return list(dict.fromkeys([*lone, *(self.visitor_ids or [])]))

    @property
    def users(self) -> list[str]:
        return [self.person[2:]] if self.person.startswith("u:") else []


@dataclass(frozen=True, slots=True)
class Mismatch:
    """``expected``: the variants that the configuration gave, or empty for none; ``found``: the one that is stored."""

    experiment: str
    phase: int
    person: str
    visitors: tuple[str, ...]
    exposed_at: datetime
    expected: tuple[str, ...]
    found: str
    why: str = ""

    def __str__(self) -> str:
        surplus = len(self.visitors) - MOST_VISITORS_NAMED
        who = ", ".join(self.visitors[:MOST_VISITORS_NAMED]) or "unknown"
        more = f" and {surplus} more" if surplus > 0 else ""
        wanted = " or ".join(self.expected) or "no variant"
        return (
            f"{self.experiment} #{self.phase}, person {self.person}, visitor {who}{more}: found {self.found}, "
            f"the configuration of {self.exposed_at.isoformat()} gives {wanted}{self.why and f' ({self.why})'}"
        )


@dataclass(slots=True)
class PhaseReport:
    """``mismatches``: how many; ``named``: the first of them."""

    experiment: str
    number: int
    enrolments: int = 0
    mismatches: int = 0
    named: list[Mismatch] = field(default_factory=list)

    def add(self, mismatch: Mismatch) -> None:
        self.mismatches += 1
        if len(self.named) < MOST_NAMED:
            self.named.append(mismatch)


@dataclass(slots=True)
class ProjectReport:
    project: str
    versions: int
    breaks: list[Break]
    phases: list[PhaseReport] = field(default_factory=list)

    @property
    def agrees(self) -> bool:
        return not self.breaks and not any(phase.mismatches for phase in self.phases)


def enrolments_of(project: Project) -> int:
    """How many there are to recompute, for whoever shows the progress."""
    return Enrolment.objects.filter(phase__experiment__project=project, excluded="").count()


def replay(project: Project, *, progress: Progress) -> ProjectReport:
    """Writes nothing. ``progress`` hears how many more have been recomputed."""
    with _snapshot():
        history = history_of(project.id)
        report = ProjectReport(project.key, history.versions, history.breaks)
        phases = Phase.objects.filter(experiment__project=project).exclude(experiment__kind="external")
        for phase in phases.select_related("experiment").defer("plan").order_by("experiment__key", "number"):
            own = PhaseReport(phase.experiment.key, phase.number)
            spells = history.spells.get((own.experiment, own.number), [])
            for rows in _chunks(phase.id):
                _replay(rows, spells, own)
                progress(len(rows))
            report.phases.append(own)
    return report


@contextmanager
def _snapshot() -> Iterator[None]:
    """One moment of the database: nobody in it is enrolled by a configuration that is not in it."""
    with transaction.atomic(durable=True):
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield


def _chunks(phase_id: int) -> Iterator[list[_Row]]:
    last = 0
    while True:
        with connection.cursor() as cursor:
            cursor.execute(NEXT, [phase_id, last, CHUNK])
            rows = [_Row(*row) for row in cursor.fetchall()]
        if not rows:
            return
        yield rows
        last = rows[-1].person_id


def _replay(rows: Sequence[_Row], spells: Sequence[Spell], report: PhaseReport) -> None:
    report.enrolments += len(rows)
    for row in rows:
        in_force = _in_force(spells, row.exposed_at)
        given = {
            variant.key
            for spell in in_force
            for unit_id in (row.users if spell.plan.unit == "user" else row.visitors)
            if (variant := spell.plan.variant_of(unit_id)) is not None
        }
        if row.variant not in given:
            why = "" if in_force else "it let nobody into this phase then"
            who = row.person, tuple(row.visitors), row.exposed_at
            report.add(Mismatch(report.experiment, report.number, *who, tuple(sorted(given)), row.variant, why))


def _in_force(spells: Sequence[Spell], moment: datetime) -> list[Spell]:
    """Those that a page could go by then; of a phase that was opened with hindsight the first."""
    earliest, latest = moment - GRACE, moment + GRACE
    near = [spell for spell in spells if spell.since <= latest and (spell.until is None or earliest < spell.until)]
    return near or [spell for spell in spells[:1] if latest < spell.since]
