"""Holds stored numbers against their events: every person is rebuilt, and every tally counted once more in SQL."""

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import msgspec
from django.db import OperationalError, connection, transaction

from experiments import finals, findings, ledger, rollups
from experiments.findings import Finding, Findings
from experiments.ledger import Sums, TallyKey
from experiments.models import Enrolment, Phase, Tally
from experiments.phases import OpenPhase, span_of
from experiments.rebuild import EXPOSURE, MOST_EVENTS, Enrolled
from experiments.recount import Recount
from tracking import dues
from tracking.models import Project

log = logging.getLogger(__name__)
# Bounds the memory: so many persons with all their events at once.
CHUNK = 1000
# One go at the backlog; a worker that holds rows needs a moment to finish.
ROUND, PAUSE = 10.0, 0.2

Progress = Callable[[int, int], None]
Rebuilt = dict[int, dict[int, Enrolled | None]]

PERSONS = """
CREATE TEMP TABLE verify_person ON COMMIT DROP AS
SELECT p.id, p.key FROM tracking_person p
WHERE p.project_id = %(project)s AND (
    EXISTS (SELECT FROM experiments_enrolment e WHERE e.person_id = p.id AND e.phase_id = ANY(%(phases)s::bigint[]))
    OR EXISTS (
        SELECT FROM tracking_visitor v
        JOIN tracking_event e ON e.project_id = v.project_id AND e.visitor_id = v.visitor_id
        WHERE v.person_id = p.id AND e.name = %(exposure)s
    )
);
CREATE INDEX ON verify_person (id)
"""
NEXT = "SELECT id, key FROM verify_person WHERE id > %s ORDER BY id LIMIT %s"


class StillArriving(Exception):
    """Events of the project kept coming faster than they could be worked off."""


@dataclass(slots=True)
class PhaseReport:
    experiment: str
    number: int
    persons: int = 0
    goals: int = 0
    frozen: bool = False
    findings: Findings = field(default_factory=Findings)

    @property
    def name(self) -> str:
        return f"{self.experiment} #{self.number}"


@dataclass(slots=True)
class ProjectReport:
    """``findings``: visitors linked to the wrong person. ``set_aside``: visitors whose rollup failed, and why."""

    project: str
    phases: list[PhaseReport] = field(default_factory=list)
    findings: Findings = field(default_factory=Findings)
    set_aside: dict[str, str] = field(default_factory=dict)

    @property
    def agrees(self) -> bool:
        return not self.findings and not any(phase.findings for phase in self.phases)


class _Opened(NamedTuple):
    phase: OpenPhase
    report: PhaseReport
    sums: ledger.Difference


def verify(project: Project, *, experiment: str = "", patience: float, progress: Progress) -> ProjectReport:
    """Work off the backlog, then compare in one snapshot; writes nothing else.

    Raises ``StillArriving`` when for ``patience`` seconds no snapshot was free of events that wait to be rolled up.
    """
    deadline = time.monotonic() + patience
    while True:
        rollups.roll_up(seconds=ROUND)
        with _snapshot():
            # Enrolments, totals, tallies and the end of the due row are one commit: without due rows all agree.
            if dues.waiting(project.id) == 0:
                return _report(project, experiment, progress)
        if time.monotonic() > deadline:
            raise StillArriving(f"events of {project.key} keep arriving")
        time.sleep(PAUSE)


@contextmanager
def _snapshot() -> Iterator[None]:
    """One moment of the database for everything inside. Rolled back: only temporary tables are made."""
    with transaction.atomic(durable=True):
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        yield
        transaction.set_rollback(True)


def _report(project: Project, experiment: str, progress: Progress) -> ProjectReport:
    report = ProjectReport(project.key, set_aside=dues.set_aside(project.id))
    phases = Phase.objects.filter(experiment__project=project).select_related("experiment").order_by("id")
    opened = []
    for phase in phases.filter(experiment__key=experiment) if experiment else phases:
        own = PhaseReport(phase.experiment.key, phase.number, Enrolment.objects.filter(phase=phase).count())
        report.phases.append(own)
        readable = _readable(phase, own)
        if readable and own.frozen:
            _check_frozen(phase, own)
        elif readable:
            opened.append(_Opened(readable, own, ledger.Difference()))
    recount = Recount(project.id)
    _compare_links(recount, report)
    if opened:
        _compare_persons(project.id, opened, progress)
    for one in opened:
        _compare_tallies(recount, one)
    return report


def _readable(phase: Phase, report: PhaseReport) -> OpenPhase | None:
    report.frozen = phase.finalised_at is not None
    try:
        span = span_of(phase)
    except msgspec.ValidationError as error:
        report.findings.add(Finding({}, f"the plan cannot be read: {error}"))
        return None
    report.goals = len(span.plan.goals)
    return OpenPhase(phase.id, phase.plan_version, span)


def _check_frozen(phase: Phase, report: PhaseReport) -> None:
    now = finals.checksum(phase.id)
    if now != phase.checksum:
        report.findings.add(Finding({}, "the frozen numbers were changed: checksum", phase.checksum, now))


def _compare_links(recount: Recount, report: ProjectReport) -> None:
    for visitor_id, *links in recount.mislinked(findings.MOST_FINDINGS):
        stored, by_events = (f"{key or 'nobody'}{' (shared)' if shared else ''}" for key, shared in links)
        report.findings.add(Finding({"visitor": visitor_id}, "person", stored, by_events))


def _compare_persons(project_id: int, opened: list[_Opened], progress: Progress) -> None:
    done = 0
    with connection.cursor() as cursor:
        values: dict[str, Any] = {
            "project": project_id,
            "phases": [one.phase.id for one in opened],
            "exposure": EXPOSURE,
        }
        cursor.execute(PERSONS, values)
        cursor.execute("SELECT count(*) FROM verify_person")
        total = cursor.fetchone()[0]
    for keys in _chunks():
        rebuilt = _rebuilt(project_id, keys, opened)
        for one in opened:
            _compare_chunk(one, keys, rebuilt[one.phase.id])
        done += len(keys)
        progress(done, total)


def _chunks() -> Iterator[dict[int, str]]:
    """Ids and keys of the persons to compare."""
    last = 0
    while True:
        with connection.cursor() as cursor:
            cursor.execute(NEXT, [last, CHUNK])
            keys: dict[int, str] = dict(cursor.fetchall())
        if not keys:
            return
        yield keys
        last = max(keys)


def _rebuilt(project_id: int, keys: dict[int, str], opened: list[_Opened]) -> Rebuilt:
    """By phase and person; a person who cannot be rebuilt in a phase is absent there, and that is a finding."""
    spans = {one.phase.id: one.phase.span for one in opened}
    try:
        with transaction.atomic():
            return rollups.rebuilt_persons(project_id, keys, spans)
    except OperationalError:
        raise
    except Exception:
        log.debug("a chunk of %d persons failed; each is tried alone", len(keys), exc_info=True)
    return {one.phase.id: _rebuilt_singly(project_id, keys, one) for one in opened}


def _rebuilt_singly(project_id: int, keys: dict[int, str], one: _Opened) -> dict[int, Enrolled | None]:
    rebuilt: dict[int, Enrolled | None] = {}
    for person_id, key in keys.items():
        try:
            with transaction.atomic():
                rebuilt |= rollups.rebuilt_persons(project_id, [person_id], {one.phase.id: one.phase.span})[
                    one.phase.id
                ]
        except OperationalError:
            raise
        except Exception as error:
            # The edge of the loop: it is named in the report, and everybody else is still compared.
            log.debug("person %s cannot be rebuilt", key, exc_info=True)
            one.report.findings.add(Finding({"person": key}, f"cannot be rebuilt: {error!r}"))
    return rebuilt


def _compare_chunk(one: _Opened, keys: dict[int, str], rebuilt: dict[int, Enrolled | None]) -> None:
    rows = ledger.stored(one.phase.id, keys)
    values = ledger.values_of(rows.values())
    for person_id, now in rebuilt.items():
        row = rows.get(person_id)
        then = ledger.as_enrolled(row, values.get(row.id, {})) if row else None
        if now:
            one.sums.count(one.phase.id, now, +1)
        for finding in findings.of_person(keys[person_id], then, now, one.phase.span.plan):
            one.report.findings.add(finding)


def _compare_tallies(recount: Recount, one: _Opened) -> None:
    counted: dict[TallyKey, Sums] | None = None
    try:
        with transaction.atomic():
            counted = recount.tallies(one.phase, most_events=MOST_EVENTS)
    except OperationalError:
        raise
    except Exception as error:
        log.debug("phase %d cannot be counted", one.phase.id, exc_info=True)
        one.report.findings.add(Finding({}, f"cannot be counted by SQL: {error!r}"))
    tallies = findings.Tallies(_stored_tallies(one.phase.id), dict(one.sums.items()), counted)
    for finding in findings.of_tallies(tallies, one.phase.span.plan):
        one.report.findings.add(finding)


def _stored_tallies(phase_id: int) -> dict[TallyKey, Sums]:
    rows = Tally.objects.filter(phase_id=phase_id)
    return {
        (phase_id, row.variant, row.goal_id, row.excluded, row.day): (row.persons, row.total, row.squares)
        for row in rows
    }
