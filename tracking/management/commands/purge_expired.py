"""manage.py purge_expired: takes away what has become too old; with --dry-run only says how much that is."""

import re
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from tracking.privacy.retention import KEPT, purge_expired

RULE = re.compile(r"([a-z]+)=([0-9]{1,5})")


class Command(BaseCommand):
    help = "Deletes data that is older than its time. Events stay while a result may still change by them."

    def add_arguments(self, parser: CommandParser) -> None:
        kinds = ", ".join(f"{kind}={kept.days}" for kind, kept in KEPT.items() if kept)
        parser.add_argument("--dry-run", action="store_true", help="say how much would go, and change nothing")
        parser.add_argument(
            "--keep", action="append", default=[], metavar="KIND=DAYS", help=f"for how long; by default {kinds}"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        kept = {**KEPT, **dict(_rule(text) for text in options["keep"])}
        gone = purge_expired(timezone.now(), kept=kept, dry_run=options["dry_run"])
        verb = "would go" if options["dry_run"] else "gone"
        for table, rows in gone.items():
            self.stdout.write(f"{table}: {rows:,} {verb}")


def _rule(text: str) -> tuple[str, timedelta]:
    found = RULE.fullmatch(text)
    if not found or not KEPT.get(found[1]) or found[2].strip("0") == "":
        kinds = ", ".join(kind for kind, kept in KEPT.items() if kept)
        raise CommandError(f"--keep {text}: write KIND=DAYS with a number above 0; kinds are {kinds}.")
    return found[1], timedelta(days=int(found[2]))
