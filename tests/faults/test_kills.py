"""Every kind of process killed with -9 again and again under load: what was acknowledged is there, and only once."""

import random
import time
from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from tests.faults.figures import FULL, KILLS, RECOVERY, percentile, tell
from tests.faults.killing import WAYS, in_the_middle
from tests.faults.scene import applied, books_of, opened
from tests.faults.storm import storm_over
from tests.http import eventually

pytestmark = pytest.mark.timeout(3_600)
LEAST_ACKNOWLEDGED = 100_000 if FULL else 2_000
# What arrives in this time after a kill must be applied by those who were started again.
MOMENT = timedelta(seconds=0.5)
# Longer than is promised: what breaks the promise shall be told with all figures.
LONGEST = 3 * RECOVERY


@dataclass(frozen=True)
class Strike:
    """``back``: seconds to the first acknowledgement; ``applied``: until results had what came right after the kill."""

    kind: str
    back: float
    applied: float
    aimed: bool


@pytest.fixture(scope="module")
def scene(house):
    return opened(house, "Storm one", "Storm two")


def strike(house, storm, restarter, kind, turn):
    child = restarter.children[kind]
    eventually(lambda: child.alive, seconds=10)
    aimed = kind == "worker" and in_the_middle(house, "worker")
    began, moment = datetime.now(UTC), time.monotonic()
    WAYS[kind][turn % len(WAYS[kind])](child)
    back = eventually(lambda: storm.first_after(moment), seconds=LONGEST)
    time.sleep(max(0.0, MOMENT.total_seconds() - (time.monotonic() - moment)))
    assert applied(house, seconds=LONGEST, since=began + MOMENT), f"{kind}: not applied after kill {turn}"
    return Strike(kind, back, time.monotonic() - moment, aimed)


def tell_strikes(strikes):
    by_kind = defaultdict(list)
    for one in strikes:
        by_kind[one.kind].append(one)
    for kind, some in sorted(by_kind.items()):
        back, done = [one.back for one in some], [one.applied for one in some]
        tell(
            f"kill -9 {kind}",
            kills=len(some),
            in_a_transaction=sum(one.aimed for one in some),
            first_2xx_p50=percentile(back, 0.5),
            first_2xx_max=max(back),
            applied_p50=percentile(done, 0.5),
            applied_max=max(done),
        )


def test_nothing_acknowledged_is_lost_or_doubled_whoever_is_killed(house, scene, restarter):
    chance, strikes = random.Random(7), []
    with storm_over(scene, house.base_url) as storm:
        for turn in range(KILLS):
            for kind in chance.sample(sorted(WAYS), len(WAYS)):
                strikes.append(strike(house, storm, restarter, kind, turn))
        eventually(lambda: storm.size >= LEAST_ACKNOWLEDGED, seconds=600)

    assert storm.odd == []
    assert storm.stored_twice() == 0
    tell_strikes(strikes)
    tell("all kills", kills=len(strikes), replayed_batches=storm.replays, **books_of(house, scene, recount=True))
    assert max(one.back for one in strikes) <= RECOVERY
    assert max(one.applied for one in strikes) <= RECOVERY
