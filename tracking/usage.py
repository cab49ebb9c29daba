"""When each key was last used: noted in memory by every request, written down by a thread beside them.

So a request never waits for it; a process that is killed forgets a minute of it at most.
"""

import time
from collections.abc import Mapping
from typing import Any

from django.db import connection

# Nobody reads it to the second, and each writing is a new version of the key's row.
AT_MOST_EVERY = 60.0
# Rows that another process writes just now are left to it: theirs says the same.
WRITE = """
WITH used AS (
    SELECT * FROM unnest(%(ids)s::bigint[], %(moments)s::double precision[]) AS u(id, moment)
), mine AS (
    SELECT k.id FROM tracking_key AS k JOIN used USING (id)
    WHERE k.last_used_at IS NULL OR k.last_used_at < to_timestamp(moment) - %(every)s * interval '1 second'
    FOR NO KEY UPDATE OF k SKIP LOCKED
)
UPDATE tracking_key AS k SET last_used_at = to_timestamp(moment) FROM mine JOIN used USING (id) WHERE k.id = mine.id
"""


class Usage:
    """Of one process. Only its one writing thread looks at what was written."""

    def __init__(self) -> None:
        self._used: dict[int, float] = {}
        self._written: dict[int, float] = {}

    def note(self, key_id: int) -> None:
        self._used[key_id] = time.time()

    def write(self) -> int:
        """How many keys were told of, in one statement. Raises ``django.db.Error``; then the next one tells of them."""
        due = {
            key_id: moment
            for key_id, moment in self._used.copy().items()
            if moment - self._written.get(key_id, 0.0) >= AT_MOST_EVERY
        }
        if due:
            _write(due)
            self._written |= due
        return len(due)


def _write(moments: Mapping[int, float]) -> None:
    with connection.cursor() as cursor:
        values: dict[str, Any] = {"ids": list(moments), "moments": list(moments.values()), "every": AT_MOST_EVERY / 2}
        cursor.execute(WRITE, values)


USAGE = Usage()
