"""Segment's and RudderStack's clients for Python: tells what stdin orders, and answers when it has been delivered."""

import json
import re
import sys

from rudderstack.analytics.client import Client as RudderStack  # type: ignore[import-untyped]  # it has no types
from segment.analytics.client import Client as Segment  # type: ignore[import-untyped]  # it has no types

CLIENTS = {"segment-python": Segment, "rudderstack-python": RudderStack}


def snake(name: str) -> str:
    return re.sub("[A-Z]", lambda letter: f"_{letter[0].lower()}", name)


order = json.load(sys.stdin)
errors: list[str] = []
client = CLIENTS[order["client"]](
    order["writeKey"],
    host=order["host"],
    gzip=True,
    max_retries=2,
    upload_interval=0.05,
    on_error=lambda error, *_: errors.append(str(error)),
)
for kind, message in order["calls"]:
    getattr(client, kind)(**{snake(name): value for name, value in message.items()})
client.flush()
client.join()
sys.stdout.write(json.dumps({"errors": errors}))
