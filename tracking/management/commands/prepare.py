"""Brings an installation up to date: tables, static files, the administrator. Run again, it changes nothing."""

import hashlib
import os
import secrets
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import Error, connection
from django.db.migrations.executor import MigrationExecutor
from redis import Redis, RedisError

OLDEST_POSTGRES = 15
ADMINISTRATOR = "admin"


def one_line(error: Exception) -> str:
    return " ".join(str(error).split())


def kept_password(path: Path) -> str:
    """From the file; a fresh one is put there first, for its owner alone, when there is none."""
    if not path.exists():
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(secrets.token_urlsafe(12))
    return path.read_text()


def static_fingerprint() -> str:
    """Changes when a static file of any app is added, removed or changed."""
    found = hashlib.sha256()
    for finder in get_finders():
        for name, storage in finder.list([]):
            found.update(f"{name} {storage.size(name)} {storage.get_modified_time(name)}\n".encode())
    return found.hexdigest()


class Command(BaseCommand):
    help = "Creates or updates tables and static files and, in a local installation, the first administrator."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--no-static", action="store_true", help="leave the static files alone")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            self.reach_database()
            self.migrate()
            if not settings.PRODUCTION:
                self.create_administrator()
        except Error as error:
            raise CommandError(f"The database (DATABASE_URL) does not serve: {one_line(error)}") from error
        self.reach_redis()
        if not options["no_static"]:
            self.collect_static()

    def reach_database(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SHOW server_version_num")
            (version,) = cursor.fetchone()
        if int(version) < OLDEST_POSTGRES * 10_000:
            raise CommandError(f"PostgreSQL {OLDEST_POSTGRES} or newer is needed (DATABASE_URL has an older one)")

    def reach_redis(self) -> None:
        try:
            Redis.from_url(settings.REDIS_URL, socket_connect_timeout=2, socket_timeout=2).ping()
        except (RedisError, ValueError) as error:
            raise CommandError(f"Redis (REDIS_URL) does not serve: {one_line(error)}") from error

    def migrate(self) -> None:
        executor = MigrationExecutor(connection)
        steps = len(executor.migration_plan(executor.loader.graph.leaf_nodes()))
        if steps:
            self.stdout.write(f"Updating the database: {steps} steps")
            call_command("migrate", interactive=False, verbosity=1)

    def create_administrator(self) -> None:
        kept = settings.DATA_DIR / "admin_password"  # `make run` shows it
        administrator = User.objects.filter(username=ADMINISTRATOR).first()
        if administrator is None:
            User.objects.create_superuser(ADMINISTRATOR, password=kept_password(kept))
        elif kept.exists() and not administrator.check_password(kept.read_text()):
            kept.unlink()  # changed since: what we kept would mislead

    def collect_static(self) -> None:
        mark = settings.STATIC_ROOT / ".collected"
        now = static_fingerprint()
        if mark.exists() and mark.read_text() == now:
            return
        self.stdout.write("Collecting static files")
        call_command("collectstatic", interactive=False, verbosity=0)
        mark.write_text(now)
