"""What the history is about."""

from typing import Any

EXPERIMENT = "history"
# By event: how it is measured, and for how many days after the exposure.
GOALS: dict[str, dict[str, Any]] = {
    "purchase": {"level": "macro", "measure": "sum", "property": "value", "currency": "EUR", "window": 30},
    "cta_click": {"measure": "count", "window": 14},
    "form_start": {"measure": "once", "window": 14},
    "file_download": {"measure": "once", "window": 7},
    "add_to_cart": {"measure": "count", "window": 14},
}
