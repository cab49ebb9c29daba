"""What publishing would change, pure: two sets of triggers compared, each by what a page is sent of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

Entry = dict[str, Any]
Change = Literal["added", "changed", "off", "removed"]


@dataclass(frozen=True, slots=True)
class Changed:
    """One part: ``kind``, ``event``, ``conditions``, ``properties`` or ``params.<name>``; None: it was not there."""

    part: str
    before: Any
    after: Any


@dataclass(frozen=True, slots=True)
class Difference:
    """``off``: pages lose it because its draft is switched off; ``removed``: because the draft is gone."""

    key: str
    name: str
    change: Change
    kind: str
    parts: tuple[Changed, ...] = ()


def changes(before: Mapping[str, Entry], after: Mapping[str, Entry], names: Mapping[str, str]) -> list[Difference]:
    """By name. ``names``: of all drafts by key, whether in use or not."""
    found = [
        *(_difference(key, before.get(key), entry, names) for key, entry in after.items() if before.get(key) != entry),
        *(
            Difference(key, names.get(key, key), "off" if key in names else "removed", entry["kind"])
            for key, entry in before.items()
            if key not in after
        ),
    ]
    return sorted(found, key=lambda one: (one.name.casefold(), one.key))


def _difference(key: str, before: Entry | None, after: Entry, names: Mapping[str, str]) -> Difference:
    name = names.get(key, key)
    if before is None:
        return Difference(key, name, "added", after["kind"])
    parts = [
        Changed(part, before[part], after[part])
        for part in ("kind", "event", "conditions", "properties")
        if before[part] != after[part]
    ]
    if before["kind"] == after["kind"]:
        both = before["params"].keys() | after["params"].keys()
        parts += [
            Changed(f"params.{param}", before["params"].get(param), after["params"].get(param))
            for param in sorted(both)
            if before["params"].get(param) != after["params"].get(param)
        ]
    return Difference(key, name, "changed", after["kind"], tuple(parts))
