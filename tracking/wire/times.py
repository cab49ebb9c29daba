"""When an event happened by our clock, pure: one rule for every format.

Who says in ``sent_at`` what their clock shows is set right by it, however wrong it is. Without it a clock that is a
little ahead cannot be told from one that is right, so what it says to come has just happened.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

# Later, results that people have looked at would still change.
LATEST = timedelta(days=7)
# Further ahead, a time is no clock's mistake but the sender's.
AHEAD = timedelta(hours=24)
# Before there was anything to measure: a clock that lost its battery, seconds taken for milliseconds.
EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
# So little is the way that the request took, or a clock that is right: corrected by it, an event whose request was slow
# would come behind what was done after it.
ON_THE_WAY = timedelta(seconds=10)
# Above this, an event is marked.
NOTABLE = timedelta(seconds=60)
# Where the context of an event says by how many seconds its sender's clock was ahead of ours.
CLOCK_SKEW = "clock_skew"
NONE = timedelta(0)


@dataclass(frozen=True, slots=True)
class Clock:
    """``drift``: how far the sender's clock is behind ours; None where it does not say what it shows.

    ``latest``: how late an event may come, None for as late as it likes.
    """

    received_at: datetime
    drift: timedelta | None = None
    latest: timedelta | None = LATEST

    def occurred(self, claimed: datetime | None) -> datetime | str:
        """When it happened, or the reason why that cannot be."""
        if claimed is None:
            return self.received_at
        try:
            moment = self.corrected(claimed)
        except OverflowError:
            return "illegal_time"
        if moment < EARLIEST:
            return "illegal_time"
        if moment > self.received_at + AHEAD:
            return "too_far_ahead"
        if self.latest is not None and moment < self.received_at - self.latest:
            return "too_old"
        return min(moment, self.received_at)

    def corrected(self, claimed: datetime) -> datetime:
        """Raises ``OverflowError`` for what no calendar has."""
        return aware(claimed) + (self.drift or NONE)

    @property
    def skew(self) -> dict[str, int]:
        """For the context of each event; empty where the clock was right."""
        if self.drift is None or abs(self.drift) <= NOTABLE:
            return {}
        return {CLOCK_SKEW: -round(self.drift.total_seconds())}


def drift(received_at: datetime, sent_at: datetime | None) -> timedelta | None:
    """Raises ``OverflowError`` for what no calendar has."""
    if sent_at is None:
        return None
    found = received_at - aware(sent_at)
    return NONE if abs(found) <= ON_THE_WAY else found


def aware(moment: datetime) -> datetime:
    """A time without a zone is taken as UTC."""
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def latest_from(source: str) -> timedelta | None:
    """Who may import tells of what happened long ago. ``source``: of the key, how far its events are believed."""
    return None if source == "import" else LATEST
