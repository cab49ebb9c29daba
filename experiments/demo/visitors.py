"""What visitors of the demo shop are like, pure: for audiences to be tried on. It decides nothing that they do."""

import random
from typing import Any

# Device, browser and system that go together, and how often they come.
MACHINES = {
    ("mobile", "chrome", "Android"): 38,
    ("mobile", "safari", "iOS"): 24,
    ("desktop", "chrome", "Windows"): 21,
    ("desktop", "edge", "Windows"): 6,
    ("desktop", "safari", "Mac OS X"): 7,
    ("desktop", "firefox", "Linux"): 4,
}
COUNTRIES = {"PL": 52, "DE": 18, "UA": 14, "CZ": 6, "GB": 5, "US": 5}
CHANNELS = {"organic_search": 34, "direct": 24, "paid_social": 18, "email": 12, "referral": 8, "ai_assistant": 4}
RETURNING = 0.4


def attributes_of(visitor_id: str) -> dict[str, Any]:
    """The same for every event of a visitor."""
    luck = random.Random(f"attributes:{visitor_id}")

    def one_of(shares: dict[Any, int]) -> Any:
        return luck.choices([*shares], [*shares.values()])[0]

    device, browser, system = one_of(MACHINES)
    return {
        "deviceType": device,
        "browser": browser,
        "os": system,
        "country": one_of(COUNTRIES),
        "channel": one_of(CHANNELS),
        "returning": luck.random() < RETURNING,
    }
