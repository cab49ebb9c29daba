#!/usr/bin/env python3
"""Runs a management command; servers of our own that it needs and that do not run are started for its duration."""

import os
import sys
from contextlib import AbstractContextManager, nullcontext

from django.core.exceptions import ImproperlyConfigured
from django.core.management import execute_from_command_line
from django.db.utils import OperationalError

from config import embedded, places
from config.processes import Trouble

WITHOUT_SERVERS = {
    "--version",
    "collectstatic",
    "compilemessages",
    "diffsettings",
    "findstatic",
    "help",
    "import_test",  # asks its server over HTTP
    "makemessages",
    "makemigrations",
    "startapp",
    "version",
}


def servers_for(arguments: list[str]) -> AbstractContextManager[object]:
    if not arguments or arguments[0] in WITHOUT_SERVERS or {"--help", "-h"} & set(arguments):
        return nullcontext()
    return embedded.servers(places.data_dir())


def main() -> int:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    try:
        with servers_for(sys.argv[1:]):
            execute_from_command_line(sys.argv)
    except (ImproperlyConfigured, OperationalError, PermissionError, Trouble) as error:
        if "--traceback" in sys.argv:
            raise
        print(" ".join(str(error).split()), file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
