"""Group commit: one write for what came together, an answer for each, and no sender left waiting."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from tracking.committing import HEAVIEST, MOST_TOGETHER, Committer, Unanswered


class Store:
    """Writes slowly, as a disk does; keeps what was written together."""

    def __init__(self, seconds=0.02):
        self.groups, self.seconds = [], seconds

    def write(self, items):
        time.sleep(self.seconds)
        self.groups.append(list(items))
        return [ValueError(item) if item == "bad" else item.upper() for item in items]


def started(store):
    committer = Committer(store.write)
    committer.start()
    return committer


def test_everybody_gets_the_answer_for_what_they_sent():
    store = Store()
    committer = started(store)

    with ThreadPoolExecutor(32) as senders:
        answers = list(senders.map(committer.submit, [f"e{number}" for number in range(200)]))

    assert answers == [f"E{number}" for number in range(200)]
    assert sorted(item for group in store.groups for item in group) == sorted(f"e{number}" for number in range(200))


def test_what_comes_during_a_write_is_written_together_next():
    store = Store()
    committer = started(store)

    with ThreadPoolExecutor(32) as senders:
        list(senders.map(committer.submit, [str(number) for number in range(320)]))

    assert len(store.groups) < 320 / 8
    assert max(map(len, store.groups)) <= MOST_TOGETHER


def test_a_lone_sender_waits_for_nobody():
    store = Store(seconds=0)
    committer = started(store)

    assert [committer.submit(each) for each in "abc"] == ["A", "B", "C"]
    assert store.groups == [["a"], ["b"], ["c"]]


def test_what_went_wrong_is_told_to_its_own_sender():
    store = Store()
    committer = started(store)

    with pytest.raises(ValueError, match="bad"):
        committer.submit("bad")
    assert committer.submit("good") == "GOOD"


def test_when_writing_fails_altogether_all_hear_of_it_and_the_next_are_written():
    broken = [RuntimeError("no")]

    def write(items):
        if broken:
            raise broken.pop()
        return items

    committer = Committer(write)
    committer.start()

    with pytest.raises(RuntimeError, match="no"):
        committer.submit("a")
    assert committer.submit("b") == "b"


def test_a_store_that_hangs_holds_nobody_for_ever_and_another_thread_goes_on():
    frozen = threading.Event()

    def write(items):
        if "held" in items:
            frozen.wait()
        return items

    committer = Committer(write)
    committer.start()
    with pytest.raises(Unanswered):
        committer.submit("held", patience=0.2)

    assert committer.submit("next", patience=5) == "next"
    frozen.set()


def test_a_group_holds_no_more_than_so_many_bytes_and_nobody_is_left_out():
    groups = []
    gate = threading.Event()

    def write(items):
        gate.wait()
        groups.append(len(items))
        return items

    committer = Committer(write, weigh=lambda _: HEAVIEST // 4)
    committer.start()
    with ThreadPoolExecutor(20) as senders:
        waiting = [senders.submit(committer.submit, number) for number in range(20)]
        gate.set()
        assert [one.result() for one in waiting] == list(range(20))

    assert max(groups) <= 4


def test_a_thread_that_was_replaced_gives_back_what_it_held():
    frozen, ended = threading.Event(), threading.Event()

    def write(items):
        if "held" in items:
            frozen.wait()
        return items

    committer = Committer(write, ended=ended.set)
    committer.start()
    with pytest.raises(Unanswered):
        committer.submit("held", patience=0.2)
    assert committer.submit("next", patience=5) == "next"
    assert not ended.is_set()

    frozen.set()

    assert ended.wait(5)
