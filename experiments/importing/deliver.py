"""One pass over a file: only looked at, or sent. What the server refuses is found again by its line."""

from collections import Counter, deque
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

from django.utils.translation import gettext as _

from experiments.http_client import HttpClient
from experiments.importing.mapping import FileMapping, WrongMapping
from experiments.importing.report import Findings
from experiments.importing.rows import Rejected, Table, open_table
from experiments.importing.translate import Entry, Event, SecondArm, translate
from experiments.sending import send

# Told how many bytes of the file have been read so far.
Progress = Callable[[int], object]
EVERY_ROWS = 200


def check_columns(table: Table, mapping: FileMapping) -> None:
    missing = [name for name in mapping.columns if name not in table.header]
    if missing:
        raise WrongMapping(
            _("The file has no column %(missing)s. It has: %(header)s.")
            % {"missing": ", ".join(missing), "header": ", ".join(table.header)}
        )


def look(path: Path, mapping: FileMapping, *, now: datetime, progress: Progress) -> Findings:
    """What an import would do; contacts nobody. Raises ``WrongFile`` or ``WrongMapping``."""
    findings = Findings.of(mapping)
    with open_table(path, mapping.file.delimiter) as table:
        check_columns(table, mapping)
        for _event in _events(table, mapping, findings, now, progress):
            pass
    return findings


def deliver(
    client: HttpClient, path: Path, mapping: FileMapping, *, now: datetime, progress: Progress
) -> tuple[Findings, Counter[str]]:
    """What was found, and how many events got which answer: ``stored``, ``duplicate`` or ``rejected``."""
    findings, answers = Findings.of(mapping), Counter[str]()
    origins: deque[Entry | Rejected] = deque()

    def outgoing() -> Iterator[Event]:
        for origin, event in _events(table, mapping, findings, now, progress):
            origins.append(origin)
            yield event

    with open_table(path, mapping.file.delimiter) as table:
        check_columns(table, mapping)
        for receipts in send(client, outgoing()):
            for receipt in receipts:
                origin = origins.popleft()
                answers[receipt["status"]] += 1
                if receipt["status"] == "rejected":
                    findings.rejected.append(Rejected(origin.line, "refused", origin.person, receipt.get("reason", "")))
    return findings, answers


def _events(
    table: Table, mapping: FileMapping, findings: Findings, now: datetime, progress: Progress
) -> Iterator[tuple[Entry | Rejected, Event]]:
    """Every event with the row that it comes from."""
    for number, found in enumerate(translate(table.rows, mapping, now)):
        if number % EVERY_ROWS == 0:
            progress(table.source.tell())
        origin = found.rejected if isinstance(found, SecondArm) else found
        for event in findings.add(found):
            yield origin, event
    progress(table.size)
