"""Microlift for servers: a variant at once or the original, and events sent behind the request's back."""

import atexit
import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4, uuid5

from microlift.sending import NotAnswered, Outbox, Wire, log

__all__ = ["Assignment", "Assignments", "Client", "NotAnswered"]
# The same exposure told twice on one day has one id, and is one event.
EXPOSURES = UUID("5f0e6c0e-6a1c-4b0d-9f5c-0a4a3d1b7c52")


@dataclass(frozen=True)
class Assignment:
    """``variant`` None: show the original. ``reason``: why, as the server says; ``unavailable`` when it did not."""

    variant: str | None = None
    in_experiment: bool = False
    reason: str = "unavailable"
    payload: Any = None
    phase: int | None = None


class Assignments(dict[str, Assignment]):
    """By experiment. Reading one that is missing gives the original: it does not run, or is not known."""

    def __init__(self, known: Mapping[str, Assignment], otherwise: str) -> None:
        super().__init__(known)
        self._otherwise = otherwise

    def __missing__(self, key: str) -> Assignment:
        return Assignment(reason=self._otherwise)

    def get(self, key: str, default: Any = None) -> Any:
        """As by ``[key]``, unless another default is given: dict's own ``get`` would answer None."""
        return super().get(key, self[key] if default is None else default)


class Client:
    """One for all threads. ``timeout``: seconds for an answer. ``strict``: raise instead of giving the original."""

    def __init__(self, url: str, key: str, *, timeout: float = 1.0, strict: bool = False) -> None:
        self._url, self._key, self._timeout, self._strict = url, key, timeout, strict
        self._begin()
        atexit.register(self.close, 2.0)
        if hasattr(os, "register_at_fork"):
            # A child has neither the thread nor a right to the parent's connections and events.
            os.register_at_fork(after_in_child=self._begin)

    def _begin(self) -> None:
        self._wire = Wire(self._url, self._key, self._timeout)
        self._outbox = Outbox(Wire(self._url, self._key, max(self._timeout, 10.0)))

    def assign(
        self,
        visitor_id: str,
        user_id: str | None = None,
        attributes: Mapping[str, Any] | None = None,
        experiments: Iterable[str] | None = None,
    ) -> Assignments:
        """``attributes``: what you know, such as ``url``, ``userAgent``, ``country``. ``experiments``: None for all."""
        names = None if experiments is None else list(experiments)
        asked = {"visitor_id": visitor_id, "user_id": user_id, "attributes": attributes, "experiments": names}
        try:
            found = self._wire.post("/v1/assign", json.dumps(asked, allow_nan=False).encode(), "assignments")
            return Assignments({name: _read(told) for name, told in found.items()}, "not_running")
        except (NotAnswered, TypeError, ValueError, AttributeError) as error:
            if self._strict:
                raise
            log.warning("visitors see the original: %s", error)
            return Assignments({name: Assignment() for name in names or ()}, "unavailable")

    def exposed(self, visitor_id: str, experiment: str, assignment: Assignment, user_id: str | None = None) -> None:
        """The visitor really met it, the original too. Nothing is told of who is not in the experiment."""
        if assignment.in_experiment:
            met = {"experiment": experiment, "variant": assignment.variant, "phase": assignment.phase}
            said = [*met.values(), visitor_id, user_id, datetime.now(UTC).date()]
            event_id = str(uuid5(EXPOSURES, "\n".join(map(str, said))))
            self.track(visitor_id, "experiment_viewed", met, user_id=user_id, event_id=event_id)

    def track(
        self,
        visitor_id: str,
        name: str,
        properties: Mapping[str, Any] | None = None,
        *,
        user_id: str | None = None,
        event_id: str | None = None,
    ) -> None:
        """Returns at once. ``event_id``: such as ``order-17``, where the same may be told twice and counts once."""
        who = {"id": event_id or str(uuid4()), "name": name, "visitor_id": visitor_id, "user_id": user_id}
        told = {"occurred_at": datetime.now(UTC).isoformat(), "properties": dict(properties or {})}
        try:
            self._outbox.put({**who, **told})
        except (TypeError, ValueError) as error:
            if self._strict:
                raise
            log.warning("%s is not told, since it is no JSON: %s", name, error)

    @property
    def dropped(self) -> int:
        """Events given up: refused by the server, or too many while it was away."""
        return self._outbox.dropped

    def flush(self, timeout: float = 5.0) -> bool:
        """Wait until the server has all events; False where some are still waiting then."""
        return self._outbox.flush(timeout)

    def close(self, timeout: float = 5.0) -> bool:
        """``flush``, and end the thread: nothing is sent afterwards."""
        atexit.unregister(self.close)
        return self._outbox.close(timeout)


def _read(told: Mapping[str, Any]) -> Assignment:
    return Assignment(**{name: told[name] for name in Assignment.__dataclass_fields__ if name in told})
