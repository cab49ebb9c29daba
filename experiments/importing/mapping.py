"""The mapping of an import: what the columns of somebody else's file mean. Checked before any row is read."""

import re
import tomllib
from datetime import UTC, date, datetime, time
from typing import Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.utils.translation import gettext as _

from tracking.models import EVENT_NAME, SLUG


class WrongMapping(Exception):
    """The mapping cannot be used; the text says where and why."""


class _Part(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A table of the TOML file."""


class Layout(_Part, frozen=True):
    delimiter: str = ","
    decimal: Literal[".", ","] = "."


class Experiment(_Part, frozen=True):
    key: str
    started_at: datetime
    ended_at: datetime | None = None
    name: str = ""
    hypothesis: str = ""
    alpha: float = 0.05


class Arm(_Part, frozen=True):
    """``values``: what the file says → the variant's key. ``control`` is one of these keys."""

    column: str
    control: str
    values: dict[str, str]
    names: dict[str, str] = {}
    weights: dict[str, float] = {}


class Agrees(_Part, frozen=True):
    """A column that must fit the arm, such as the page really shown. ``values``: variant's key → what it must say."""

    column: str
    values: dict[str, str]


class Person(_Part, frozen=True):
    column: str


class Time(_Part, frozen=True):
    """When the person met the variant. ``format`` as in strptime, else ISO 8601; ``zone`` for times without one."""

    column: str = ""
    format: str = ""
    zone: str = "UTC"


class Outcome(_Part, frozen=True):
    """One column that says what a person did, and the goal it belongs to."""

    goal: str
    column: str
    kind: Literal["binary", "number"]
    name: str = ""
    level: Literal["micro", "macro"] = "micro"
    role: Literal["primary", "secondary", "guardrail"] = "secondary"
    event: str = ""
    measure: Literal["", "once", "count", "sum"] = ""
    sum_of: str = msgspec.field(name="property", default="value")
    currency: str = ""
    window: int = 30
    desired: Literal["increase", "decrease"] = "increase"
    category: str = ""
    stage: str = ""
    leads_to: str = ""
    time: str = ""
    empty: Literal["wrong", "nothing"] = "wrong"

    @property
    def event_name(self) -> str:
        return self.event or re.sub(r"[^a-z0-9_]", "_", self.goal)

    @property
    def measured(self) -> str:
        return self.measure or ("once" if self.kind == "binary" else "sum")


class Covariates(_Part, frozen=True):
    columns: list[str] = []


class FileMapping(_Part, frozen=True):
    experiment: Experiment
    arm: Arm
    outcome: list[Outcome]
    file: Layout = Layout()
    agrees: Agrees | None = None
    person: Person | None = None
    time: Time = Time()
    covariates: Covariates = Covariates()

    @property
    def variants(self) -> list[str]:
        """The keys of the variants, the control first, each once."""
        return list(dict.fromkeys([self.arm.control, *self.arm.values.values()]))

    @property
    def columns(self) -> list[str]:
        """Every column that the file must have."""
        wanted = [
            self.arm.column,
            self.agrees.column if self.agrees else "",
            self.person.column if self.person else "",
            self.time.column,
            *(name for outcome in self.outcome for name in (outcome.column, outcome.time)),
            *self.covariates.columns,
        ]
        return list(dict.fromkeys(filter(None, wanted)))


def read_mapping(text: str) -> FileMapping:
    """Raises ``WrongMapping`` with a sentence for the person who wrote the file."""
    try:
        mapping = msgspec.convert(_with_midnights(tomllib.loads(text)), FileMapping)
        zone = ZoneInfo(mapping.time.zone)
    except tomllib.TOMLDecodeError as error:
        raise WrongMapping(_("This is not TOML: %s") % error) from error
    except msgspec.ValidationError as error:
        raise WrongMapping(str(error).replace("`$.", "`").replace("`$`", _("the top of the file"))) from error
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise WrongMapping(_("[time] zone: write a name such as Europe/Kyiv.")) from error
    mapping = msgspec.structs.replace(mapping, experiment=_in_zone(mapping.experiment, zone))
    if found := [sentence for wrong, sentence in (*_structure(mapping), *_outcomes(mapping)) if wrong]:
        raise WrongMapping(" ".join(found))
    return mapping


def _with_midnights(content: dict[str, Any]) -> dict[str, Any]:
    """A day without a time, where [experiment] has one, is its beginning."""
    experiment = content.get("experiment")
    if not isinstance(experiment, dict):
        return content
    moments = {name: datetime.combine(day, time()) for name, day in experiment.items() if type(day) is date}
    return {**content, "experiment": {**experiment, **moments}}


def _in_zone(experiment: Experiment, zone: ZoneInfo) -> Experiment:
    started, ended = _aware(experiment.started_at, zone), experiment.ended_at and _aware(experiment.ended_at, zone)
    return msgspec.structs.replace(experiment, started_at=started, ended_at=ended)


def _aware(moment: datetime, zone: ZoneInfo) -> datetime:
    return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(UTC)


def _structure(mapping: FileMapping) -> list[tuple[bool, str]]:
    """Pairs of (is wrong, what to do), all but the outcomes."""
    experiment, arm, arms = mapping.experiment, mapping.arm, set(mapping.arm.values.values())
    expected = set(mapping.agrees.values) if mapping.agrees else arms
    return [
        (not _fits(SLUG, experiment.key, 60), _("[experiment] key: lower-case letters, digits, dots and dashes.")),
        (not all(_fits(SLUG, key, 60) for key in arms), _("[arm] values: keys in lower-case letters and digits.")),
        (len(arms) < 2, _("[arm] values: name at least two variants.")),
        (arm.control not in arms, _("[arm] control: write one of the keys in values.")),
        (
            not (arm.names.keys() | arm.weights.keys()) <= arms,
            _("[arm] names and weights: use the keys in values on the left."),
        ),
        (any(weight <= 0 for weight in arm.weights.values()), _("[arm] weights: above 0.")),
        (expected != arms, _("[agrees] values: one line for each variant, its key on the left.")),
        (
            experiment.ended_at is not None and experiment.ended_at <= experiment.started_at,
            _("[experiment] ended_at: later than started_at."),
        ),
        (len(mapping.file.delimiter) != 1, _("[file] delimiter: one character.")),
    ]


def _outcomes(mapping: FileMapping) -> list[tuple[bool, str]]:
    outcomes = mapping.outcome
    keys = [outcome.goal for outcome in outcomes]
    return [
        (not outcomes, _("Add at least one [[outcome]].")),
        (len(keys) != len(set(keys)), _("[[outcome]] goal: each goal once.")),
        (not all(_fits(SLUG, key, 60) for key in keys), _("[[outcome]] goal: lower-case letters, digits and dashes.")),
        (
            not all(_fits(EVENT_NAME, outcome.event_name, 100) for outcome in outcomes),
            _("[[outcome]] event: begin with a letter."),
        ),
        (
            not any(outcome.role == "primary" for outcome in outcomes),
            _('[[outcome]] role: one goal decides; give it role = "primary".'),
        ),
        (
            any(outcome.kind == "binary" and outcome.measured == "sum" for outcome in outcomes),
            _('[[outcome]] measure: "sum" needs kind = "number".'),
        ),
        (not all(1 <= outcome.window <= 365 for outcome in outcomes), _("[[outcome]] window: 1 to 365 days.")),
    ]


def _fits(rule: RegexValidator, text: str, longest: int) -> bool:
    try:
        rule(text)
    except ValidationError:
        return False
    return len(text) <= longest
