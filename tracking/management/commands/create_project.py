"""manage.py create_project NAME: a project and its first client key."""

import json
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser

from tracking.projects import create_project


class Command(BaseCommand):
    help = "Creates a project and a client key for its pages."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", help="as people read it: “Winter shop”")
        parser.add_argument("--key", default="", help="as programs write it; made of the name by default")
        parser.add_argument("--timezone", default="UTC", help="such as Europe/Warsaw (default UTC)")
        parser.add_argument("--currency", default="EUR", help="such as USD (default EUR)")
        parser.add_argument("--json", action="store_true", help="print what a script needs")

    def handle(self, *args: Any, **options: Any) -> None:
        names = ("key", "timezone", "currency")
        try:
            project, token = create_project(options["name"], **{name: options[name] for name in names})
        except ValidationError as error:
            raise CommandError("; ".join(error.messages)) from error
        if options["json"]:
            self.stdout.write(json.dumps({"project": project.key, "name": project.name, "client_key": token}))
            return
        self.stdout.write(f"Project {project.key} ({project.name})")
        self.stdout.write(f"Client key, for web pages: {token}")
        self.stdout.write(f"For servers: manage.py create_key {project.key} --kind secret --scopes read,manage")
