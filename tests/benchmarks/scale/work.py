"""One worker: rolls up until nothing waits, then says what it took: python -m …scale.work."""

import json
import resource
import time

import django

django.setup()

from django.db import connection  # noqa: E402  # after Django's apps are loaded

from experiments.rollups import roll_up  # noqa: E402


def main() -> None:
    connection.ensure_connection()  # a worker has one for as long as it works
    began, used, settled = time.perf_counter(), time.process_time(), 0
    while done := roll_up(seconds=15):
        settled += done
    took = {"seconds": time.perf_counter() - began, "cpu": time.process_time() - used}
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    print(json.dumps({**took, "settled": settled, "peak": peak}))


if __name__ == "__main__":
    main()
