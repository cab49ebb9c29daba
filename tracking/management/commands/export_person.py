"""manage.py export_person PROJECT --visitor ID | --user ID: all that is kept about one person, as JSON."""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.core.serializers.json import DjangoJSONEncoder
from django.utils import timezone

from tracking.management.person import add_person, person_of
from tracking.privacy.exporting import exported
from tracking.privacy.whose import whose


class Command(BaseCommand):
    help = "Prints everything that is kept about a person, with all linked visitors, as JSON."

    def add_arguments(self, parser: CommandParser) -> None:
        add_person(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        project, visitor_id, user_id = person_of(options)
        person = whose(project.pk, visitor_id=visitor_id, user_id=user_id)
        copy = exported(person, asked_by="manage.py", now=timezone.now())
        self.stdout.write(json.dumps(copy, indent=2, ensure_ascii=False, cls=DjangoJSONEncoder))
