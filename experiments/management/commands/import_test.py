"""Import of a test that was run elsewhere: CSV and mapping in, events of an external experiment out, over HTTP."""

import os
import sys
from argparse import ArgumentParser
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _
from tqdm import tqdm

from experiments.http_client import HttpClient, NotReachable, ServerRefused
from experiments.importing import orders, words
from experiments.importing.deliver import Progress, deliver, look
from experiments.importing.mapping import FileMapping, WrongMapping, read_mapping
from experiments.importing.report import Findings, write_rejected
from experiments.importing.rows import WrongFile
from experiments.sending import enrolled_in, wait_for_key, wait_for_result


class Command(BaseCommand):
    help = "Imports a test that was run elsewhere from a CSV file; see docs/import.md."
    # Everything goes through HTTP, so there is nothing here to check.
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, help="CSV in UTF-8, plain or gzipped")
        parser.add_argument("--config", type=Path, required=True, metavar="MAPPING", help="TOML: what the columns mean")
        parser.add_argument("--url", default=f"http://localhost:{settings.PORT}", help="the server (%(default)s)")
        parser.add_argument("--key", default=os.environ.get("MICROLIFT_KEY", ""), help="sk_…, or MICROLIFT_KEY")
        parser.add_argument(
            "--dry-run", action="store_true", help="read everything, send nothing, show what would be sent"
        )
        parser.add_argument("--report", type=Path, metavar="FILE", help="write every row left out to this CSV file")
        parser.add_argument("--no-wait", action="store_true", help="do not wait until the server has counted everybody")
        parser.add_argument("--timeout", type=float, default=600.0, help="for how many seconds to wait (%(default)s)")

    def handle(self, *_args: Any, **options: Any) -> None:
        try:
            mapping = read_mapping(options["config"].read_text("utf-8"))
            findings = self._preview(mapping, options) if options["dry_run"] else self._import(mapping, options)
        except (WrongMapping, UnicodeDecodeError) as error:
            raise CommandError(f"{options['config']}: {error}") from error
        except ServerRefused as error:
            raise CommandError(_("The server refuses: %s") % error) from error
        except (WrongFile, NotReachable, OSError) as error:
            raise CommandError(str(error)) from error
        if not findings.persons:
            raise CommandError(_("Not one row could be imported."))

    def _preview(self, mapping: FileMapping, options: dict[str, Any]) -> Findings:
        with _reading(_("Reading"), options["file"]) as progress:
            findings = look(options["file"], mapping, now=datetime.now(UTC), progress=progress)
        self._tell_rejected(findings, options["report"])
        self._tell(words.preview(mapping, findings))
        return findings

    def _import(self, mapping: FileMapping, options: dict[str, Any]) -> Findings:
        if not options["key"]:
            raise CommandError(_("Give a secret key with the scopes import and manage: --key sk_… or MICROLIFT_KEY."))
        client = HttpClient(options["url"], options["key"])
        orders.ensure_experiment(client, mapping)
        wait_for_key(client)
        with _reading(_("Sending"), options["file"]) as progress:
            findings, answers = deliver(client, options["file"], mapping, now=datetime.now(UTC), progress=progress)
        self._tell_rejected(findings, options["report"])
        self._tell([words.answers(answers)])
        if findings.persons:
            orders.stop_at_end(client, mapping)
            self._wait(client, mapping, findings, options)
            self._tell([_("Result: %s") % f"{client.url}{orders.result_address(mapping)}"])
        return findings

    def _wait(self, client: HttpClient, mapping: FileMapping, findings: Findings, options: dict[str, Any]) -> None:
        if options["no_wait"]:
            return
        with _bar(_("Counting"), total=findings.persons, unit=_(" people")) as bar:

            def tick(result: dict[str, Any] | None) -> None:
                bar.update(enrolled_in(result) - bar.n)

            result = wait_for_result(client, mapping.experiment.key, seconds=options["timeout"], tick=tick)
        if result is None:
            self.stderr.write(_("Everything is stored, but not yet counted. Is a worker running?"))
        else:
            self._tell(words.result(result))

    def _tell(self, lines: Iterable[str]) -> None:
        for line in lines:
            self.stdout.write(line)

    def _tell_rejected(self, findings: Findings, report: Path | None) -> None:
        for line in words.rejected_rows(findings):
            self.stderr.write(line)
        if report:
            with report.open("w", encoding="utf-8", newline="") as file:
                write_rejected(file, findings.rejected)


def _bar(what: str, **options: Any) -> "tqdm[Any]":
    """With the time that is left; nothing where nobody watches."""
    return tqdm(desc=what, disable=not sys.stderr.isatty(), leave=False, **options)


@contextmanager
def _reading(what: str, path: Path) -> Iterator[Progress]:
    size = path.stat().st_size if path.exists() else 0
    with _bar(what, total=size, unit="B", unit_scale=True) as bar:
        yield lambda position: bar.update(position - bar.n)
