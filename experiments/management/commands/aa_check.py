"""``manage.py aa_check``: how often the shipped rule raises a false alarm on an experiment's own visitors."""

import json
import sys
from argparse import ArgumentParser, ArgumentTypeError
from math import nan
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.translation import gettext as _
from tqdm import tqdm

from experiments import rehearsal_words
from experiments.models import Experiment, Phase
from experiments.redraws import ImpossibleEffect
from experiments.rehearsing import Asked, NobodyEnrolled, Report, rehearse

BROKEN = 1
MOST_EFFECT = 10


def at_least_one(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise ArgumentTypeError(f"{text}: write a whole number, 1 or more")
    return int(text)


def effect(text: str) -> float:
    try:
        share = float(text)
    except ValueError:
        share = nan
    if not -1 <= share <= MOST_EFFECT:
        raise ArgumentTypeError(f"{text}: write a number from -1 to {MOST_EFFECT}, as in 0.1 for 10 %")
    return share


class Command(BaseCommand):
    help = (
        "Deals the recorded visitors of an experiment anew to its variants, again and again, and counts how often the "
        "rule that decides calls a winner or a loser where there is none. With --effect: how often it finds one. "
        "Exit status: 0 no more false alarms than promised, 1 more."
    )
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("experiment", metavar="PROJECT/EXPERIMENT", help="the keys of both")
        parser.add_argument("--phase", type=int, metavar="N", help="the phase, else the latest one")
        parser.add_argument("--runs", type=at_least_one, default=1000, help="how often to deal (%(default)s)")
        parser.add_argument("--seed", type=at_least_one, default=1, help="the same seed gives the same answer")
        parser.add_argument(
            "--effect",
            type=effect,
            default=0.0,
            metavar="SHARE",
            help="0.1: every variant but the original is better by 10 %% in every goal but the guardrails",
        )
        parser.add_argument("--json", action="store_true", help="for machines")

    def handle(self, *args: Any, **options: Any) -> None:
        phase = _phase(options["experiment"], options["phase"])
        asked = Asked(options["runs"], options["seed"], options["effect"])
        report = _rehearsed(phase, asked)
        if options["json"]:
            self.stdout.write(json.dumps(rehearsal_words.as_json(phase, asked, report), indent=2))
        else:
            for line in rehearsal_words.lines(phase, asked, report):
                self.stdout.write(line)
        if not report.holds:
            sys.exit(BROKEN)


def _phase(name: str, number: int | None) -> Phase:
    project, slash, key = name.partition("/")
    if not slash:
        raise CommandError(_("%s: write the keys of the project and of the experiment, as in shop/button.") % name)
    experiment = Experiment.objects.filter(project__key=project, key=key).first()
    if experiment is None:
        raise CommandError(_("There is no experiment %s.") % name)
    phases = experiment.phases.select_related("experiment__project").order_by("-number")
    phase = phases.first() if number is None else phases.filter(number=number).first()
    if phase is None:
        raise CommandError(
            _("%s has not been started.") % name
            if number is None
            else _("%(name)s has no phase %(number)d.") % {"name": name, "number": number}
        )
    return phase


def _rehearsed(phase: Phase, asked: Asked) -> Report:
    with tqdm(
        desc=_("Dealing"), total=asked.runs, unit=_(" runs"), leave=False, disable=not sys.stderr.isatty()
    ) as bar:
        try:
            return rehearse(phase, asked, now=timezone.now(), progress=bar.update)
        except NobodyEnrolled as error:
            raise CommandError(_("Nobody has been counted in this phase yet.")) from error
        except ImpossibleEffect as error:
            raise CommandError(_("“%s” cannot change by so much: choose a smaller effect.") % error) from error
