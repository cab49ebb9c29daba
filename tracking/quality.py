"""Whether what was sent was done by a visitor, pure. What was not is kept with a mark, and never counted."""

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Literal

from tracking.bots import is_bot, is_prefetch
from tracking.networks import is_internal

Mark = Literal["", "bot", "internal"]
Pace = Literal["", "over_300_a_minute", "over_60_a_minute"]

# Five events a second for a minute, or one a second for ten minutes on end: nobody clicks so long so fast, and a page
# that tells so much of one visitor tells of its own doings.
FAST, STEADY = 300, 60
MINUTE, MINUTES = timedelta(minutes=1), 10


def mark_of(header: Callable[[str], str], ip: str, internal: Sequence[str]) -> Mark:
    """Of a request that a browser made itself; empty for a visitor's.

    ``header`` gives a header by its name, empty where it is missing. A page that was fetched ahead was loaded by the
    browser on its own account, as a program would.
    """
    ahead = is_prefetch(header("Sec-Purpose"), header("Purpose"), header("X-Moz"))
    if ahead or is_bot(header("User-Agent")):
        return "bot"
    return "internal" if is_internal(ip, internal) else ""


def pace_of(times: Sequence[datetime]) -> Pace:
    """What only a program does, of the times of one visitor's events in any order; empty for what people do.

    More than 300 events in any minute, or more than 60 in each of ten minutes of the clock in a row.
    """
    ordered = sorted(times)
    if any(last - first < MINUTE for first, last in zip(ordered, ordered[FAST:], strict=False)):
        return "over_300_a_minute"
    by_minute = Counter(int(moment.timestamp()) // 60 for moment in ordered)
    busy = sorted(minute for minute, events in by_minute.items() if events > STEADY)
    row = 1 if busy else 0
    for before, after in pairwise(busy):
        row = row + 1 if after == before + 1 else 1
        if row >= MINUTES:
            break
    return "over_60_a_minute" if row >= MINUTES else ""
