"""The demo: a small shop with known effects, played through the HTTP API. Never in production."""

import sys
from argparse import ArgumentParser
from typing import Any

import msgspec
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from tqdm import tqdm

from experiments.demo import keys, play, scenario
from experiments.demo.keys import Demo
from experiments.http_client import HttpClient, NotReachable, ServerRefused
from experiments.models import Experiment
from experiments.sending import enrolled_in, wait_for_key, wait_for_result

# A worker that is not there shall not hold up the start.
SECONDS_FOR_THE_RESULT = 40


class Command(BaseCommand):
    help = "Makes the project demo-shop with four tests and plays three weeks of visitors to it, once."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="end with one line of JSON: addresses and keys")
        parser.add_argument("--url", default=f"http://localhost:{settings.PORT}", help="the server (%(default)s)")

    def handle(self, *_args: Any, **options: Any) -> None:
        if settings.PRODUCTION or not settings.DEMO:
            raise CommandError(_("The demo is only for local installations; this one is in production or has it off."))
        demo = keys.opened(settings.DATA_DIR, timezone.now())
        client = HttpClient(options["url"], demo.secret_key, patience=20)
        try:
            # Also where it was played before: the shop's pages may have come to need more since.
            play.set_up(client, demo.told_at)
            if not demo.played:
                self._play(demo, client)
        except (ServerRefused, NotReachable) as error:
            raise CommandError(_("The demo could not be played: %s") % error) from error
        facts = self._facts(demo)
        if options["json"]:
            self.stdout.write(msgspec.json.encode(facts).decode())
        else:
            self.stdout.write(_("The demo is there: %s") % f"{options['url']}{facts['result_url']}")

    def _play(self, demo: Demo, client: HttpClient) -> None:
        wait_for_key(client)
        play.wait_for_tests(client)
        with _bar(_("Playing the demo"), scenario.VISITORS) as bar:
            play.play(client, demo.told_at, progress=bar.update)
        keys.finished(settings.DATA_DIR, demo)
        with _bar(_("Counting"), scenario.VISITORS) as bar:

            def tick(result: dict[str, Any] | None) -> None:
                bar.update(enrolled_in(result) - bar.n)

            wait_for_result(client, scenario.HERO, seconds=SECONDS_FOR_THE_RESULT, tick=tick)

    def _facts(self, demo: Demo) -> dict[str, str]:
        experiment = Experiment.objects.get(project__key=keys.PROJECT, key=scenario.HERO)
        return {
            "result_url": reverse("admin:experiments_experiment_result", args=[experiment.id]),
            "shop_url": reverse("demo-shop"),
            "client_key": demo.client_key,
            "secret_key": demo.secret_key,
            "experiment": experiment.key,
        }


def _bar(what: str, total: int) -> "tqdm[Any]":
    """With the time that is left; nothing where nobody watches."""
    return tqdm(desc=what, total=total, unit=_(" visitors"), leave=False, disable=not sys.stderr.isatty())
