"""Assignments over HTTP, as ratios within one run: against a bare server, a DRF view, and other sizes of itself.

The server has one core and wrk the other. What each ratio must reach is written beside it; none is a time. Run by
``make bench`` alone, as its name says: it takes minutes, wrk and a quiet machine.
"""

import pytest

from tests.benchmarks.serving.load import Asked, answer_of, granian, in_turns, memory_of, run_load, table
from tests.benchmarks.serving.scene import ASSIGN, OFREP

pytestmark = pytest.mark.timeout(1800)
ASSIGN_PATH, OFREP_PATH = "/v1/assign", "/ofrep/v1/evaluate/flags"
MILLION = 1_000_000
# A process keeps a little more with time: interned ids of metrics, allocator slack. More than this would be a leak.
SLACK = 8 * 1024 * 1024


@pytest.mark.parametrize(("path", "body"), [(ASSIGN_PATH, ASSIGN), (OFREP_PATH, OFREP)], ids=["assign", "ofrep bulk"])
def test_twenty_experiments_against_a_bare_server_with_the_same_bytes(product, keys, tmp_path, path, body):
    """At least 0.3; the aim is 0.5."""
    asked = Asked(path, body, keys["twenty"])
    kept = tmp_path / "body"
    kept.write_bytes(answer_of(product, asked))

    with granian("tests.benchmarks.serving.bare:application", {"BARE_BODY": str(kept)}) as bare:
        rates = in_turns([("bare granian", bare, asked), ("microlift", product, asked)])

    table(rates, "bare granian")
    assert rates["microlift"].median >= 0.3 * rates["bare granian"].median


def test_many_experiments_cost_less_than_their_number(product, keys):
    """500 at most 15 times 20; at most 4 times where 480 of them run on other pages."""
    contests = [(name, product, Asked(ASSIGN_PATH, ASSIGN, keys[name])) for name in ("twenty", "many", "elsewhere")]

    rates = in_turns(contests)

    table(rates, "twenty")
    assert rates["twenty"].median <= 15 * rates["many"].median
    assert rates["twenty"].median <= 4 * rates["elsewhere"].median


def test_memory_stays_flat_over_a_million_requests(product, keys):
    asked = Asked(ASSIGN_PATH, ASSIGN, keys["twenty"])
    run_load(product, asked, seconds=5)
    before, done, rounds = memory_of(product.pid), 0.0, 0

    while done < MILLION:
        load = run_load(product, asked, seconds=10, first=(100 + rounds) * 10_000_000)
        assert load.errors == 0
        done, rounds = done + load.rate * 10, rounds + 1

    grown = memory_of(product.pid) - before
    print(f"\n  {done:,.0f} requests, memory {before / 2**20:,.1f} MiB, grown by {grown / 2**20:,.1f} MiB")
    assert grown <= SLACK
