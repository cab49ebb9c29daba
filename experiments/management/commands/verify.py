"""``manage.py verify``: do the stored numbers follow from the events?"""

import json
import sys
from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from experiments.models import Experiment
from experiments.verifying import PhaseReport, ProjectReport, StillArriving, verify
from tracking.models import Project

DIFFERS, UNDECIDED = 1, 2


class Command(BaseCommand):
    help = (
        "Rebuilds every open phase from its events, counts it once more in SQL, and names each difference from what "
        "is stored; of a frozen phase the checksum is compared. Exit status: 0 all agree, 1 they do not, 2 cannot say."
    )
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--project", default="", metavar="KEY", help="this project only")
        parser.add_argument("--experiment", default="", metavar="KEY", help="this experiment only")
        parser.add_argument("--json", action="store_true", help="for machines")
        parser.add_argument(
            "--patience",
            type=float,
            default=60.0,
            metavar="SECONDS",
            help="how long to wait for a moment without backlog",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        projects = self._projects(options["project"], options["experiment"])
        reports = [self._verified(project, options) for project in projects]
        if options["json"]:
            self.stdout.write(json.dumps({"projects": [self._as_json(report) for report in reports]}, indent=2))
        else:
            for report in reports:
                self._write(report, prefix=f"{report.project}/" if len(reports) > 1 else "")
        if not all(report.agrees for report in reports):
            sys.exit(DIFFERS)

    def _projects(self, project: str, experiment: str) -> list[Project]:
        projects = Project.objects.order_by("key")
        if project and not (projects := projects.filter(key=project)):
            raise CommandError(f"There is no project {project!r}.", returncode=UNDECIDED)
        if experiment:
            projects = projects.filter(id__in=Experiment.objects.filter(key=experiment).values("project_id"))
            if not projects:
                raise CommandError(f"There is no experiment {experiment!r}.", returncode=UNDECIDED)
        return list(projects)

    def _verified(self, project: Project, options: dict[str, Any]) -> ProjectReport:
        # Without a terminal, tqdm draws nothing.
        with tqdm(desc=project.key, unit=" persons", disable=None, leave=False) as bar:

            def progress(done: int, total: int) -> None:
                bar.total = total
                bar.update(done - bar.n)

            try:
                return verify(
                    project, experiment=options["experiment"], patience=options["patience"], progress=progress
                )
            except StillArriving as error:
                raise CommandError(f"{error}: nothing was compared.", returncode=UNDECIDED) from error

    def _write(self, report: ProjectReport, prefix: str) -> None:
        for finding in report.findings.first:
            self.stdout.write(f"{report.project}, {finding}")
        for visitor_id, error in report.set_aside.items():
            self.stdout.write(f"{report.project}, visitor {visitor_id} waits, set aside by the rollup: {error}")
        for phase in report.phases:
            people, goals = _counted(phase.persons, "person"), _counted(phase.goals, "goal")
            frozen = ", frozen" if phase.frozen else ""
            verdict = "differs" if phase.findings else "agrees"
            self.stdout.write(f"{prefix}{phase.name}: {people}, {goals}{frozen}: {verdict}")
            for finding in phase.findings.first:
                self.stdout.write(f"  {prefix}{phase.name}, {finding}")
            if phase.findings.more:
                self.stdout.write(f"  {prefix}{phase.name}: and {phase.findings.more:,} more differences")

    def _as_json(self, report: ProjectReport) -> dict[str, Any]:
        return {
            "project": report.project,
            "agrees": report.agrees,
            "differences": [asdict(finding) for finding in report.findings.first],
            "set_aside": report.set_aside,
            "phases": [_phase_as_json(phase) for phase in report.phases],
        }


def _counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _phase_as_json(phase: PhaseReport) -> dict[str, Any]:
    return {
        "experiment": phase.experiment,
        "phase": phase.number,
        "persons": phase.persons,
        "goals": phase.goals,
        "frozen": phase.frozen,
        "agrees": not phase.findings,
        "differences": [{**asdict(finding), "sentence": str(finding)} for finding in phase.findings.first],
        "more_differences": phase.findings.more,
    }
