"""``manage.py replay_assignments``: does everyone who is counted have the variant that was assigned?"""

import json
import sys
from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from experiments.replaying import PhaseReport, ProjectReport, enrolments_of, replay
from tracking.models import Project

DIFFERS, UNDECIDED = 1, 2


class Command(BaseCommand):
    help = (
        "Checks that no version of the configuration was changed, lost or put in another place, then recomputes the "
        "variant of everyone counted from the configuration in force at their exposure. Attributes are not stored, so "
        "audiences are not recomputed; tests that another system splits are left out. "
        "Exit status: 0 all agree, 1 they do not, 2 cannot say."
    )
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--project", default="", metavar="KEY", help="this project only")
        parser.add_argument("--json", action="store_true", help="for machines")

    def handle(self, *args: Any, **options: Any) -> None:
        reports = [self._replayed(project) for project in _projects(options["project"])]
        if options["json"]:
            self.stdout.write(json.dumps({"projects": [_as_json(report) for report in reports]}, indent=2))
        else:
            for report in reports:
                self._write(report)
        if not all(report.agrees for report in reports):
            sys.exit(DIFFERS)

    def _replayed(self, project: Project) -> ProjectReport:
        # Without a terminal, tqdm draws nothing.
        with tqdm(desc=project.key, total=enrolments_of(project), unit=" people", disable=None, leave=False) as bar:
            return replay(project, progress=bar.update)

    def _write(self, report: ProjectReport) -> None:
        chain = "broken" if report.breaks else "whole"
        self.stdout.write(f"{report.project}: {_counted(report.versions, 'version')} of the configuration: {chain}")
        for broken in report.breaks:
            self.stdout.write(f"  {report.project}, {broken}")
        for phase in report.phases:
            verdict = f"{_counted(phase.mismatches, 'mismatch', 'mismatches')}" if phase.mismatches else "agrees"
            name, people = f"{report.project}/{phase.experiment} #{phase.number}", _counted(phase.enrolments, "person")
            self.stdout.write(f"{name}: {people}: {verdict}")
            for mismatch in phase.named:
                self.stdout.write(f"  {report.project}/{mismatch}")
            if phase.mismatches > len(phase.named):
                self.stdout.write(f"  {name}: and {phase.mismatches - len(phase.named):,} more")


def _projects(key: str) -> list[Project]:
    projects = Project.objects.order_by("key")
    if key and not (projects := projects.filter(key=key)):
        raise CommandError(f"There is no project {key!r}.", returncode=UNDECIDED)
    return list(projects)


def _counted(number: int, noun: str, plural: str = "") -> str:
    return f"{number:,} {noun if number == 1 else plural or f'{noun}s'}"


def _as_json(report: ProjectReport) -> dict[str, Any]:
    return {
        "project": report.project,
        "agrees": report.agrees,
        "versions": report.versions,
        "breaks": [asdict(broken) for broken in report.breaks],
        "phases": [_phase_as_json(phase) for phase in report.phases],
    }


def _phase_as_json(phase: PhaseReport) -> dict[str, Any]:
    return {
        "experiment": phase.experiment,
        "phase": phase.number,
        "enrolments": phase.enrolments,
        "mismatches": phase.mismatches,
        "named": [
            {**asdict(one), "exposed_at": one.exposed_at.isoformat(), "sentence": str(one)} for one in phase.named
        ],
    }
