"""Triggers as pages get them: immutable versions of the drafts, and the only place that writes one."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models.functions import Now

from tracking.models import Project, Trigger, TriggerVersion
from tracking.naming import readable
from tracking.trigger_changes import Difference, Entry, changes
from tracking.triggers import TRIGGER_KINDS, event_of, with_defaults

# What a draft and a version both say of a trigger.
PARTS = ("kind", "event", "params", "conditions", "properties")


class NoSuchVersion(LookupError):
    """There is no published version of this number."""


@dataclass(frozen=True, slots=True, eq=False)
class Published:
    """``body``: the triggers exactly as pages are sent them."""

    number: int
    body: tuple[Entry, ...]


class _Bodies:
    """Versions by id. They never change, so only new ones are fetched."""

    def __init__(self) -> None:
        self._known: dict[int, Published] = {}

    def newest(self, project_ids: Collection[int] | None) -> dict[int, Published]:
        rows = TriggerVersion.objects.order_by("project_id", "-number").distinct("project_id")
        if project_ids is not None:
            rows = rows.filter(project_id__in=project_ids)
        ids = dict(rows.values_list("project_id", "id"))
        known = self._known
        unknown = set(ids.values()) - known.keys()
        fetched = TriggerVersion.objects.filter(id__in=unknown).order_by() if unknown else ()
        new = {row.id: Published(row.number, tuple(row.body)) for row in fetched}
        # Whoever asks for every project sees which versions nobody follows any more.
        kept = known if project_ids is not None else {one: known[one] for one in ids.values() if one in known}
        if new or len(kept) < len(known):
            self._known = kept | new
        both = known | new
        return {project_id: both[one] for project_id, one in ids.items()}


_BODIES = _Bodies()


def published(project_ids: Collection[int] | None = None) -> dict[int, Published]:
    """What pages follow now, by project; None: of all. The same object for as long as nothing is published."""
    return _BODIES.newest(project_ids)


def drafts(project_id: int) -> list[Entry]:
    """The working copies that are in use, as pages would be sent them."""
    return [entry_of(one) for one in Trigger.objects.filter(project_id=project_id, is_on=True).order_by("key")]


def entry_of(trigger: Trigger) -> Entry:
    """With every detail written out: what pages follow changes only by publishing, not with our defaults."""
    # A kind of a newer release, from before somebody went back to this one: it stays as it is, and pages ignore it.
    is_known = trigger.kind in TRIGGER_KINDS
    return {
        "key": trigger.key,
        "kind": trigger.kind,
        "event": trigger.event or (event_of(trigger.kind, trigger.params) if is_known else ""),
        "params": with_defaults(trigger.kind, trigger.params) if is_known else trigger.params,
        "conditions": [{"not": False, **one} for one in trigger.conditions],
        "properties": [{"from": "", "selector": "", "as": "text", **one} for one in trigger.properties],
    }


def differences(project_id: int) -> list[Difference]:
    """What the next version would change, by name; nothing when the drafts are what pages follow."""
    return waiting([project_id]).get(project_id, [])


def waiting(project_ids: Collection[int] | None = None) -> dict[int, list[Difference]]:
    """By project, what its next version would change; only projects where anything would. None: of all."""
    rows = Trigger.objects.order_by()
    if project_ids is not None:
        rows = rows.filter(project_id__in=project_ids)
    names: dict[int, dict[str, str]] = defaultdict(dict)
    entries: dict[int, dict[str, Entry]] = defaultdict(dict)
    for row in rows:
        names[row.project_id][row.key] = row.name
        if row.is_on:
            entries[row.project_id][row.key] = entry_of(row)
    followed = {project_id: by_key(one.body) for project_id, one in published(project_ids).items()}
    found = {one: changes(followed.get(one, {}), entries[one], names[one]) for one in followed.keys() | names.keys()}
    return {project_id: differing for project_id, differing in found.items() if differing}


def publish(
    project_id: int, *, author: str, note: str = "", only: Collection[str] | None = None
) -> TriggerVersion | None:
    """From now on pages follow the drafts; None when they do already, so a second click changes nothing.

    ``only``: the keys of some drafts; all others stay as they are published.
    """
    with transaction.atomic():
        _hold(project_id)
        body = drafts(project_id)
        if only is not None:
            old = _newest(project_id)
            kept = {key: entry for key, entry in by_key(old.body if old else ()).items() if key not in only}
            body = [*kept.values(), *(entry for entry in body if entry["key"] in only)]
        return _write(project_id, body, author=author, note=note)


def restore(project_id: int, number: int, *, author: str) -> TriggerVersion | None:
    """Pages follow an older version again, as a new one, and the drafts become it; None when pages follow it now.

    Drafts that it did not have are switched off and not thrown away. Raises ``NoSuchVersion``.
    """
    with transaction.atomic():
        _hold(project_id)
        old = TriggerVersion.objects.filter(project_id=project_id, number=number).first()
        if old is None:
            raise NoSuchVersion(number)
        _set_drafts(project_id, by_key(old.body))
        return _write(project_id, old.body, author=author, restored_from=number)


def by_key(body: Iterable[Entry]) -> dict[str, Entry]:
    return {entry["key"]: entry for entry in body}


def _hold(project_id: int) -> None:
    """One at a time. Events of the project go on being written: they only need its key."""
    Project.objects.select_for_update(no_key=True).get(pk=project_id)


def _newest(project_id: int) -> TriggerVersion | None:
    return TriggerVersion.objects.filter(project_id=project_id).order_by("-number").first()


def _write(project_id: int, body: Sequence[Entry], **about: Any) -> TriggerVersion | None:
    last = _newest(project_id)
    if by_key(last.body if last else ()) == by_key(body):
        return None
    body = sorted(body, key=lambda entry: str(entry["key"]))
    number = last.number + 1 if last else 1
    return TriggerVersion.objects.create(project_id=project_id, number=number, body=body, **about)


def _set_drafts(project_id: int, entries: Mapping[str, Entry]) -> None:
    rows = {row.key: row for row in Trigger.objects.filter(project_id=project_id)}
    entries = {key: {**entry, "event": _chosen_event(entry)} for key, entry in entries.items()}
    for key, row in rows.items():
        row.is_on = key in entries
        row.updated_at = Now()
        for field in PARTS:
            setattr(row, field, entries.get(key, {}).get(field, getattr(row, field)))
    Trigger.objects.bulk_update(rows.values(), [*PARTS, "is_on", "updated_at"])
    gone = [entry for key, entry in entries.items() if key not in rows]
    # A version has no names: what was thrown away since is called by its key.
    Trigger.objects.bulk_create(
        [Trigger(project_id=project_id, name=readable(entry["key"]), **entry) for entry in gone]
    )


def _chosen_event(entry: Entry) -> str:
    """Empty where it is the usual one, so that the draft goes on following its kind."""
    event: str = entry["event"]
    is_usual = entry["kind"] in TRIGGER_KINDS and event == event_of(entry["kind"], entry["params"])
    return "" if is_usual else event
