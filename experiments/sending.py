"""Events to a server in batches, several in flight, each repeated with the same ids until it is answered."""

import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

from experiments.http_client import ENCODER, HttpClient, ServerRefused

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
    answer: list[Receipt] = client.post("/v1/events", {"events": batch}, packed=True)["results"]
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


def wait_for_key(client: HttpClient, *, seconds: float = 15.0) -> None:
    """Hot paths read keys from memory, so one that is a second old may be unknown to them still."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            send_batch(client, [])
        except ServerRefused as error:
            if error.status != 401 or time.monotonic() > deadline:
                raise
            time.sleep(0.3)
        else:
            return


def wait_for_result(
    client: HttpClient, experiment: str, *, seconds: float, tick: Callable[[dict[str, Any] | None], None]
) -> dict[str, Any] | None:
    """The result that holds all that the server has answered so far; None when time ran out. ``tick`` sees each.

    One whose plan is fulfilled is waited for until the look that decides has been taken.
    """
    path = f"/api/v1/experiments/{experiment}/results/"
    client.find(path)
    # The server tells whole seconds: by the next one, all that it has answered lies behind.
    everything = client.server_time + timedelta(seconds=1)
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        result: dict[str, Any] | None = client.find(path)
        tick(result)
        if result and _is_whole(result, everything):
            return result
        time.sleep(0.5)
    return None


def _is_whole(result: Mapping[str, Any], everything: datetime) -> bool:
    through = result["data_through"]
    looking = any(reason["code"] == "no_look_yet" for reason in result.get("verdict", {}).get("because", ()))
    return bool(through) and datetime.fromisoformat(through) >= everything and not looking


def enrolled_in(result: Mapping[str, Any] | None) -> int:
    """How many people a result counts; none while nothing is computed."""
    return int(result["health"]["enrolled"]) if result and "health" in result else 0
