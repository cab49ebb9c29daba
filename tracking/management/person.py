"""Whom a command is about."""

from collections.abc import Mapping
from typing import Any

from django.core.management.base import CommandError, CommandParser

from tracking.models import Project
from tracking.wire.ids import normal_id


def add_person(parser: CommandParser) -> None:
    parser.add_argument("project", help="the key of the project")
    who = parser.add_mutually_exclusive_group(required=True)
    who.add_argument("--visitor", default="", metavar="ID", help="an id that a page keeps")
    who.add_argument("--user", default="", metavar="ID", help="your own id of a person, after login")


def person_of(options: Mapping[str, Any]) -> tuple[Project, str, str]:
    """Project, visitor id and user id, one of which is empty."""
    project = Project.objects.filter(key=options["project"]).first()
    if project is None:
        raise CommandError(f"There is no project {options['project']}.")
    visitor_id, user_id = (normal_id(options[name]) or "" for name in ("visitor", "user"))
    if not visitor_id and not user_id:
        raise CommandError("This id names nobody.")
    return project, visitor_id, user_id
