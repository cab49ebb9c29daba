"""Examples in the API's documentation. A test sends each request of them, in this order, and compares the answers."""

from typing import Any

MACRO_GOAL: dict[str, Any] = {
    "key": "revenue",
    "level": "macro",
    "event": "purchase",
    "measure": "sum",
    "property": "value",
    "currency": "EUR",
}
MICRO_GOAL: dict[str, Any] = {
    "key": "add-to-cart",
    "name": "Put in the cart",
    "selector": "#buy",
    "window": 7,
    "category": "commerce",
    "stage": "decision",
    "leads_to": "revenue",
}
MICRO_GOAL_ANSWER: dict[str, Any] = {
    "key": "add-to-cart",
    "name": "Put in the cart",
    "level": "micro",
    "event": "add_to_cart",
    "selector": "#buy",
    "conditions": [],
    "measure": "once",
    "property": "",
    "currency": "",
    "window": 7,
    "desired": "increase",
    "category": "commerce",
    "stage": "decision",
    "weight": None,
    "leads_to": "revenue",
    "created_at": "2027-03-01T09:00:00Z",
    "updated_at": "2027-03-01T09:00:00Z",
}
GOAL_CHANGE: dict[str, Any] = {
    "conditions": [{"property": "value", "operator": "at_least", "value": "10"}],
    "weight": 2.5,
}
PROJECT_ANSWER: dict[str, Any] = {
    "key": "shop",
    "name": "Shop",
    "timezone": "Europe/Warsaw",
    "currency": "EUR",
    "redirect_hosts": [],
    "requires_consent": True,
    "form_analytics": False,
    "created_at": "2027-03-01T09:00:00Z",
}
PROJECT_CHANGE: dict[str, Any] = {"timezone": "Europe/Warsaw"}
PERSON: dict[str, Any] = {"visitor_id": "9f1c7c52-0a3b-4a53-9d0e-2f6f0b7f3c11"}
PERSON_COPY: dict[str, Any] = {
    "receipt": "2b1d2a5e-6a0f-4a27-9f52-0e5f7f3f9b10",
    "exported_at": "2027-03-01T09:00:00Z",
    "user_id": "",
    "visitor_ids": ["9f1c7c52-0a3b-4a53-9d0e-2f6f0b7f3c11"],
    "shared_visitor_ids": [],
    "tables": {},
}
ERASURE_RECEIPT: dict[str, Any] = {
    "id": "7c0b9e0a-1df5-4a65-8f0b-6a7f0e2d4c31",
    "requested_at": "2027-03-01T09:00:00Z",
    "done_at": None,
    "counts": {},
}
