"""Rows into people and their events, pure. A row that cannot be believed is rejected with a code, never guessed at."""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from experiments.importing.mapping import FileMapping, Outcome, Time
from experiments.importing.rows import Rejected, Row
from experiments.rebuild import EXPOSURE
from tracking.goals import LARGEST_VALUE, VALUE_STEP
from tracking.wire.ids import normal_id

YES_NO = {"1": True, "true": True, "yes": True, "y": True, "0": False, "false": False, "no": False, "n": False}
# So often one person may have done one thing in one row; more is another column read by mistake.
MOST_TIMES = 1_000
LONGEST_COVARIATE = 200

Event = Mapping[str, Any]


class Unbelievable(Exception):
    """This row is left out; ``code`` says why and ``value`` what was read."""

    def __init__(self, code: str, value: str = "") -> None:
        super().__init__(code)
        self.code, self.value = code, value


@dataclass(frozen=True, slots=True)
class Entry:
    """One person of the file. ``values``: by goal, what the row says; those that count."""

    line: int
    person: str
    variant: str
    values: Mapping[str, Decimal]
    events: tuple[Event, ...]


@dataclass(frozen=True, slots=True)
class SecondArm:
    """A person met in another variant before: the exposure is sent, so that the server counts the person as mixed.

    ``first`` and ``values`` say where the person was counted so far.
    """

    rejected: Rejected
    first: str
    values: Mapping[str, Decimal]
    event: Event


def translate(
    rows: Iterable[Row | Rejected], mapping: FileMapping, now: datetime
) -> Iterator[Entry | SecondArm | Rejected]:
    """The first row of a person counts; ``now`` bounds what can have happened."""
    translator = _Translator(mapping, now)
    for row in rows:
        if isinstance(row, Rejected):
            yield row
            continue
        try:
            yield translator.entry(row)
        except Unbelievable as error:
            yield Rejected(row.line, error.code, translator.name_in(row), error.value)


class _Translator:
    """Knows who has been met already: by the visitor's id, the variant and values; no variant for those met in two."""

    def __init__(self, mapping: FileMapping, now: datetime) -> None:
        self._mapping, self._now = mapping, now
        self._key = mapping.experiment.key
        self._clock = clock(mapping.time)
        self._met: dict[str, tuple[str, Mapping[str, Decimal]]] = {}

    def name_in(self, row: Row) -> str:
        column = self._mapping.person
        return row.cells[column.column].strip() if column else ""

    def entry(self, row: Row) -> Entry | SecondArm:
        visitor, variant, met_at = self._visitor(row), self._variant(row), self._met_at(row)
        if visitor in self._met:
            return self._again(row, visitor, variant, met_at)
        counted: dict[str, Decimal] = {}
        events = [self._exposure(visitor, variant, met_at, self._covariates(row))]
        for outcome in self._mapping.outcome:
            value = outcome_value(outcome, row, self._mapping.file.decimal)
            done_at = self._done_at(outcome, row, met_at)
            events += self._outcome_events(outcome, visitor, value, done_at)
            if value and met_at <= done_at < met_at + timedelta(days=outcome.window):
                counted[outcome.goal] = value
        self._met[visitor] = variant, counted
        return Entry(row.line, self.name_in(row) or str(row.number), variant, counted, tuple(events))

    def _again(self, row: Row, visitor: str, variant: str, met_at: datetime) -> SecondArm:
        first, values = self._met[visitor]
        if first == variant:
            raise Unbelievable("repeated")
        if not first:
            raise Unbelievable("two_arms", variant)
        self._met[visitor] = "", {}
        rejected = Rejected(row.line, "two_arms", self.name_in(row), variant)
        return SecondArm(rejected, first, values, self._exposure(visitor, variant, met_at, {}))

    def _visitor(self, row: Row) -> str:
        """The experiment's key stands before the id: what two imports say of one person is never added up."""
        if self._mapping.person is None:
            return f"{self._key}:row-{row.number}"
        raw = row.cells[self._mapping.person.column]
        if normal_id(raw) is None:
            raise Unbelievable("no_id" if not raw.strip() else "illegal_id", raw)
        # An address names a human being; its digest tells people apart just as well and is what we keep.
        name = hashlib.sha256(raw.strip().lower().encode()).hexdigest()[:32] if "@" in raw else raw.strip()
        named = normal_id(f"{self._key}:{name}")
        if named is None:
            raise Unbelievable("illegal_id", raw)
        return named

    def _variant(self, row: Row) -> str:
        said = row.cells[self._mapping.arm.column].strip()
        variant = self._mapping.arm.values.get(said)
        if variant is None:
            raise Unbelievable("unknown_arm", said)
        agrees = self._mapping.agrees
        if agrees and (shown := row.cells[agrees.column].strip()) != agrees.values[variant]:
            raise Unbelievable("contradiction", f"{said}, {agrees.column} {shown}")
        return variant

    def _met_at(self, row: Row) -> datetime:
        started, ended = self._mapping.experiment.started_at, self._mapping.experiment.ended_at
        if not self._mapping.time.column:
            return started
        moment = self._moment(row.cells[self._mapping.time.column])
        if moment < started:
            raise Unbelievable("too_early", row.cells[self._mapping.time.column])
        if ended is not None and moment >= ended:
            raise Unbelievable("too_late", row.cells[self._mapping.time.column])
        return moment

    def _done_at(self, outcome: Outcome, row: Row, met_at: datetime) -> datetime:
        said = row.cells[outcome.time] if outcome.time else ""
        return self._moment(said) if said.strip() else met_at

    def _moment(self, raw: str) -> datetime:
        try:
            moment = self._clock(raw.strip()).astimezone(UTC)
        except (ValueError, OverflowError) as error:
            raise Unbelievable("time", raw) from error
        if moment > self._now:
            raise Unbelievable("future", raw)
        return moment

    def _covariates(self, row: Row) -> dict[str, Decimal | str]:
        """Known before the start; an empty cell is left out."""
        known = {name: self._covariate(row.cells[name].strip()) for name in self._mapping.covariates.columns}
        return {name: value for name, value in known.items() if value != ""}

    def _covariate(self, text: str) -> Decimal | str:
        """A number is kept as one, but for a code such as 00501."""
        value = decimal_of(text, self._mapping.file.decimal)
        is_code = len(text) > 1 and text[0] == "0" and text[1].isdecimal()
        return text[:LONGEST_COVARIATE] if value is None or is_code else value

    def _exposure(self, visitor: str, variant: str, at: datetime, covariates: Mapping[str, Any]) -> Event:
        known = {"covariates": covariates} if covariates else {}
        properties = {"experiment": self._key, "variant": variant, **known}
        return _event(self._id(f"viewed:{variant}", visitor), EXPOSURE, visitor, at, properties)

    def _outcome_events(self, outcome: Outcome, visitor: str, value: Decimal, at: datetime) -> Iterator[Event]:
        if not value:
            return
        name = outcome.event_name
        if outcome.measured == "sum":
            money = {"currency": outcome.currency} if outcome.currency else {}
            yield _event(self._id(outcome.goal, visitor), name, visitor, at, {outcome.sum_of: value, **money})
            return
        times = int(value) if outcome.measured == "count" else 1
        for time in range(times):
            yield _event(
                self._id(outcome.goal if not time else f"{outcome.goal}:{time}", visitor), name, visitor, at, {}
            )

    def _id(self, kind: str, visitor: str) -> str:
        """The same row gives the same id, so a repeated import changes nothing. 96 bits: no two people share one."""
        return f"{self._key}:{kind}:{hashlib.sha256(visitor.encode()).hexdigest()[:24]}"


def _event(event_id: str, name: str, visitor: str, at: datetime, properties: Mapping[str, Any]) -> Event:
    return {"id": event_id, "name": name, "visitor_id": visitor, "occurred_at": at, "properties": properties}


def clock(time: Time) -> Callable[[str], datetime]:
    """How this file writes times. The reader raises ``ValueError`` for what is no time."""
    zone, form = ZoneInfo(time.zone), time.format

    def read(text: str) -> datetime:
        moment = datetime.strptime(text, form) if form else datetime.fromisoformat(text)  # noqa: DTZ007 - the zone follows
        return moment if moment.tzinfo else moment.replace(tzinfo=zone)

    return read


def outcome_value(outcome: Outcome, row: Row, decimal: str) -> Decimal:
    """What the row says of one goal; 0 where nothing happened. Raises ``Unbelievable``."""
    raw = row.cells[outcome.column].strip()
    if not raw:
        if outcome.empty == "nothing":
            return Decimal(0)
        raise Unbelievable("empty", outcome.column)
    if outcome.kind == "binary" and raw.lower() in YES_NO:
        return Decimal(YES_NO[raw.lower()])
    value = decimal_of(raw, decimal)
    if outcome.kind == "binary" and value not in {Decimal(0), Decimal(1)}:
        raise Unbelievable("not_yes_or_no", f"{outcome.column}: {raw}")
    if value is None:
        raise Unbelievable("not_a_number", f"{outcome.column}: {raw}")
    if outcome.measured == "count" and not (value == int(value) and 0 <= value <= MOST_TIMES):
        raise Unbelievable("not_a_count", f"{outcome.column}: {raw}")
    return value


def decimal_of(raw: str, decimal: str) -> Decimal | None:
    """The digits as written; None for no number, and for one that JSON readers would not keep to the sixth place."""
    # Where the comma is the decimal sign a dot may mean thousands: 1.234 is one number here and another there.
    if decimal == "," and "." in raw:
        return None
    text = raw.replace(decimal, ".")
    if "_" in text or text.count(".") > 1:
        return None
    try:
        value = Decimal(text)
        if not value.is_finite() or abs(value) > LARGEST_VALUE:
            return None
        kept = Decimal(repr(float(value))).quantize(VALUE_STEP) == value.quantize(VALUE_STEP)
    except ArithmeticError:
        return None
    return value if kept else None
