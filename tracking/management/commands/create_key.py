"""manage.py create_key PROJECT: a new key; the token of a secret key is shown this once."""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from tracking.access import create_key
from tracking.models import KeyKind, Project, Scope


class Command(BaseCommand):
    help = "Creates a key for a project and prints it."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("project", help="the key of the project")
        parser.add_argument(
            "--kind", default=KeyKind.SECRET, help="client (web pages) or secret (servers, the default)"
        )
        parser.add_argument("--scopes", default="read,manage", help="of read, manage, import; for a secret key")
        parser.add_argument("--name", default="", help="where it is used")
        parser.add_argument("--json", action="store_true", help="print what a script needs")

    def handle(self, *args: Any, **options: Any) -> None:
        kind, scopes = _kind(options["kind"]), _scopes(options["scopes"])
        project = Project.objects.filter(key=options["project"]).first()
        if project is None:
            raise CommandError(f"There is no project {options['project']}. There are: {_projects()}.")
        if len(options["name"]) > LONGEST_NAME:
            raise CommandError(f"--name may have {LONGEST_NAME} characters at most.")
        key, token = create_key(project, kind, scopes=scopes, name=options["name"])
        if options["json"]:
            content = {"project": project.key, "kind": str(kind), "key": token, "scopes": key.scopes}
            self.stdout.write(json.dumps(content))
            return
        self.stdout.write(
            f"{token}  ({kind} key of {project.key}{', may ' if key.scopes else ''}{', '.join(key.scopes)})"
        )
        if kind == KeyKind.SECRET:
            self.stdout.write("Keep it now: only a fingerprint of it is stored, so it cannot be shown again.")


LONGEST_NAME = 120


def _kind(word: str) -> KeyKind:
    if word not in KeyKind.values:
        raise CommandError(f"--kind {word}: write {' or '.join(KeyKind.values)}.")
    return KeyKind(word)


def _scopes(words: str) -> list[str]:
    scopes = [word.strip() for word in words.split(",") if word.strip()]
    unknown = sorted(set(scopes) - set(Scope.values))
    if unknown or not scopes:
        raise CommandError(f"--scopes {words}: write some of {', '.join(Scope.values)}, with commas between.")
    return scopes


def _projects() -> str:
    keys = list(Project.objects.values_list("key", flat=True)[:20])
    return ", ".join(keys) or "none yet (manage.py create_project)"
