"""Group commit: one thread of a process writes what many senders brought meanwhile, in one transaction for all.

A commit waits for the disk, whether it holds one batch or sixty. While one is under way the next ones gather, and every
sender waits for its own commit.
"""

import logging
import threading
import time
from collections.abc import Callable, Sequence
from queue import Empty, SimpleQueue
from typing import Generic, TypeVar

log = logging.getLogger(__name__)
Item = TypeVar("Item")
Result = TypeVar("Result")

# Bound the length of one transaction, and its memory.
MOST_TOGETHER, HEAVIEST = 64, 4_194_304
# Where several sent at once a moment ago, they will again: fewer and larger transactions cost less for each. Who sends
# alone waits for nobody.
COMPANY_COMES_IN = 0.005
# A sender that is told nothing for so long is told to try again; what it sent may be stored all the same.
LONGEST_WAIT = 8.0


class Unanswered(Exception):
    """Nothing is known of what was submitted."""


class _Ticket(Generic[Item, Result]):
    __slots__ = ("done", "item", "result")

    def __init__(self, item: Item) -> None:
        self.item = item
        self.result: Result | Exception = Unanswered()
        # A bare lock: waiting for it costs a tenth of what threading.Event costs.
        self.done = threading.Lock()
        self.done.acquire()


class Committer(Generic[Item, Result]):
    """``write`` stores a group in one go: a result or an exception for each item, in order.

    ``weigh``: bytes that an item is in memory. ``ended`` is called in a thread that is replaced, after its last write.
    """

    def __init__(
        self,
        write: Callable[[Sequence[Item]], Sequence[Result | Exception]],
        *,
        weigh: Callable[[Item], int] = lambda _: 0,
        ended: Callable[[], None] = lambda: None,
    ) -> None:
        self._write, self._weigh, self._ended = write, weigh, ended
        self._left: list[_Ticket[Item, Result]] = []
        self._waiting: SimpleQueue[_Ticket[Item, Result]] = SimpleQueue()
        self._thread: threading.Thread | None = None
        self._busy_since = 0.0
        self._in_company = False
        self._change = threading.Lock()

    @property
    def is_running(self) -> bool:
        return self._thread is not None

    def start(self) -> None:
        with self._change:
            self._begin()

    def _begin(self) -> None:
        self._thread = threading.Thread(target=self._work, name="committer", daemon=True)
        self._thread.start()

    def submit(self, item: Item, *, patience: float = LONGEST_WAIT) -> Result:
        """What became of the item. Raises what ``write`` has for it, and ``Unanswered`` after ``patience`` seconds."""
        ticket: _Ticket[Item, Result] = _Ticket(item)
        self._waiting.put(ticket)
        if not ticket.done.acquire(timeout=patience):
            self._replace(patience)
        if isinstance(ticket.result, Exception):
            raise ticket.result
        return ticket.result

    def _work(self) -> None:
        me = threading.current_thread()
        while self._thread is me:
            group = self._gathered()
            self._busy_since = time.monotonic()
            results = self._written([ticket.item for ticket in group])
            for ticket, result in zip(group, results, strict=True):
                ticket.result = result
                ticket.done.release()
            with self._change:
                if self._thread is me:
                    self._busy_since = 0.0
        self._ended()

    def _written(self, items: list[Item]) -> Sequence[Result | Exception]:
        try:
            return self._write(items)
        except Exception as error:
            # The edge of this thread: whatever it was, the senders hear of it, and the next group is written.
            log.exception("a group of %d could not be written", len(items))
            return [error] * len(items)

    def _gathered(self) -> list[_Ticket[Item, Result]]:
        group = [self._left.pop() if self._left else self._waiting.get()]
        if self._in_company:
            time.sleep(COMPANY_COMES_IN)
        weight = self._weigh(group[0].item)
        while len(group) < MOST_TOGETHER:
            try:
                ticket = self._waiting.get_nowait()
            except Empty:
                break
            weight += self._weigh(ticket.item)
            if weight > HEAVIEST:
                self._left.append(ticket)
                break
            group.append(ticket)
        self._in_company = len(group) > 1
        return group

    def _replace(self, patience: float) -> None:
        """A thread that hangs in a frozen server is left to itself; what it holds may yet be stored, and then is."""
        with self._change:
            since = self._busy_since
            if not since or time.monotonic() - since < patience / 2:
                return
            self._busy_since = 0.0
            self._begin()
        log.warning("the database has not answered for %.0f s: another connection is tried", patience)
