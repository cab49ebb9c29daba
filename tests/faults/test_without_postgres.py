"""PostgreSQL gone, locked, frozen, read-only: never a false 2xx, an answer in time, and all is well again by itself."""

import signal
import time
from collections.abc import Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

import psycopg
import pytest

from tests.faults.asking import Seen, assigned_all_along
from tests.faults.figures import percentile, seconds, tell
from tests.faults.killing import answers_again, children_of, hit, main_of
from tests.faults.scene import books_of, opened
from tests.faults.storm import Attempt, storm_over
from tests.http import eventually

pytestmark = pytest.mark.timeout(900)
BACK_WITHIN = 10.0
# A request that was on its way when the trouble began may still be answered.
ON_ITS_WAY = 0.5


@pytest.fixture(scope="module")
def scene(house):
    return opened(house, "No Postgres")


@dataclass
class Course:
    """What was seen of one trouble. ``back``: seconds from its end to the first 2xx."""

    began: float = 0.0
    ended: float = 0.0
    back: float = 0.0
    attempts: Sequence[Attempt] = ()
    assigned: Seen = field(default_factory=Seen)

    @property
    def during(self) -> list[Attempt]:
        return [one for one in self.attempts if self.began < one.begun < self.ended]

    @property
    def falsely_told(self) -> list[Attempt]:
        """2xx to what was sent and answered while nothing could be stored."""
        return [
            one
            for one in self.during
            if one.begun > self.began + ON_ITS_WAY and one.ended < self.ended and one.status == 200
        ]


@contextmanager
def stopped(house, restarter):
    with restarter.leaving("postgresql") as postgres:
        postgres.stop()
        yield
    assert answers_again(house)


@contextmanager
def locked(house, restarter):
    with psycopg.connect(house.dsn) as connection:
        connection.execute("LOCK TABLE tracking_event IN ACCESS EXCLUSIVE MODE")
        yield


@contextmanager
def frozen(house, restarter):
    """The processes that serve web, but not the server itself: it still takes connections."""
    rows = house.query("SELECT pid FROM pg_stat_activity WHERE application_name = 'microlift-web'")
    backends = [int(str(pid)) for (pid,) in rows]
    assert set(backends) <= set(children_of(main_of(restarter.children["postgresql"])))
    for pid in backends:
        hit(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in backends:
            hit(pid, signal.SIGCONT)


@contextmanager
def read_only(house, restarter):
    """What a full disk looks like: nothing can be written, everything can be read."""
    _alter(house, "ALTER SYSTEM SET default_transaction_read_only = on")
    try:
        yield
    finally:
        _alter(house, "ALTER SYSTEM RESET default_transaction_read_only")


def _alter(house, sql):
    with psycopg.connect(house.dsn, autocommit=True) as connection:
        connection.execute(sql)
        connection.execute("SELECT pg_reload_conf()")


def under_load(house, scene, restarter, trouble, length):
    """Fails when a sender or an asker was told something wrong."""
    course = Course()
    with assigned_all_along(house.base_url, scene.shops[0]) as course.assigned:
        with storm_over(scene, house.base_url) as storm:
            time.sleep(1)
            with trouble(house, restarter):
                course.began = time.monotonic()
                time.sleep(length)
                course.ended = time.monotonic()
            course.back = eventually(lambda: storm.first_after(course.ended))
            time.sleep(1)
        course.attempts = storm.attempts
    assert storm.odd == []
    assert storm.stored_twice() == 0
    assert course.assigned.wrong == []
    return course


def report(name, course, books):
    took = [one.ended - one.begun for one in course.during]
    tell(
        name,
        requests=len(took),
        answered_503=sum(one.status == 503 for one in course.during),
        p50=percentile(took, 0.5),
        p95=percentile(took, 0.95),
        longest=max(took),
        assignments=len(course.assigned.attempts),
        assign_p95=percentile(course.assigned.durations, 0.95),
        first_2xx_after=course.back,
        **books,
    )


@pytest.mark.parametrize(
    ("trouble", "full", "short", "limit"),
    [(stopped, 30, 4, 3.0), (locked, 20, 5, 10.0), (frozen, 20, 10, 10.0), (read_only, 10, 2, 3.0)],
    ids=["gone", "locked", "frozen", "read-only"],
)
def test_in_trouble_senders_are_told_in_time_and_nothing_is_lost(house, scene, restarter, trouble, full, short, limit):
    length = seconds(full, short)
    course = under_load(house, scene, restarter, trouble, length)

    report(f"PostgreSQL {trouble.__name__} for {length:.0f} s", course, books_of(house, scene))
    assert any(one.status == 503 for one in course.during)
    # Frozen are only the connections of before: a new one works.
    assert trouble is frozen or course.falsely_told == []
    assert max(one.ended - one.begun for one in course.during) <= limit
    assert course.back <= BACK_WITHIN
