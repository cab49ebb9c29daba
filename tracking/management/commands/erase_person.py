"""manage.py erase_person PROJECT --visitor ID | --user ID: the end of one person's data, and the receipt of it."""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from tracking.management.person import add_person, person_of
from tracking.privacy.erasing import erase_person

ASKED_BY = "manage.py"


class Command(BaseCommand):
    help = "Erases a person with all linked visitors; what still comes of them is dropped. Safe to repeat."

    def add_arguments(self, parser: CommandParser) -> None:
        add_person(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        project, visitor_id, user_id = person_of(options)
        receipt = erase_person(
            project.pk, visitor_id=visitor_id, user_id=user_id, asked_by=ASKED_BY, now=timezone.now()
        )
        done = receipt.done_at
        told = {
            "receipt": str(receipt.pk),
            "requested_at": receipt.requested_at.isoformat(),
            "done_at": done and done.isoformat(),
            "counts": receipt.counts,
        }
        self.stdout.write(json.dumps(told, indent=2))
        if done is None:
            self.stderr.write("All rows are gone. A last look follows by itself within some minutes.")
