"""Events to a server in batches, several in flight, each batch repeated with the same ids until it is answered."""

from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from experiments.http_client import ENCODER, HttpClient

Event = Mapping[str, Any]
Receipt = Mapping[str, Any]

# What POST /v1/events takes at once; the body is cut well below its limit of 4 MB unpacked.
MOST_EVENTS = 500
LARGEST_BATCH = 2_000_000
# One batch is stored while the next are packed; more would only wait for the same two cores.
IN_FLIGHT = 4


def batches(events: Iterable[Event], *, most: int = MOST_EVENTS, largest: int = LARGEST_BATCH) -> Iterator[list[Event]]:
    """In the order given, none with more events or (about) more bytes than allowed."""
    batch: list[Event] = []
    size = 0
    for event in events:
        weight = len(ENCODER.encode(event)) + 1
        if batch and (len(batch) == most or size + weight > largest):
            yield batch
            batch, size = [], 0
        batch.append(event)
        size += weight
    if batch:
        yield batch


def send_batch(client: HttpClient, batch: list[Event]) -> list[Receipt]:
    answer: list[Receipt] = client.post("/v1/events", {"events": batch})["results"]
    return answer


def send(client: HttpClient, events: Iterable[Event], *, in_flight: int = IN_FLIGHT) -> Iterator[list[Receipt]]:
    """One list of receipts for each batch, in order. Raises what the client raises; batches sent by then are stored."""
    with ThreadPoolExecutor(in_flight, thread_name_prefix="send") as pool:
        waiting: deque[Future[list[Receipt]]] = deque()
        for batch in batches(events):
            waiting.append(pool.submit(send_batch, client, batch))
            if len(waiting) > in_flight:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
