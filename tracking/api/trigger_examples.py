"""Examples of triggers in the API's documentation. A test sends each request of them and compares the answers."""

from typing import Any

BUY_CLICK: dict[str, Any] = {
    "key": "buy-click",
    "name": "Buy button clicked",
    "kind": "click",
    "event": "add_to_cart",
    "params": {"selector": ".product .buy"},
    "conditions": [{"subject": "page_path", "operator": "starts_with", "value": "/product/"}],
    "properties": [
        {"name": "value", "source": "text", "selector": ".product .price", "as": "number"},
        {"name": "item_id", "source": "attribute", "from": "data-sku", "selector": ".product"},
    ],
}
HALF_READ: dict[str, Any] = {"key": "half-read", "kind": "scroll_depth", "params": {"percents": [50]}}
BUY_CLICK_ANSWER: dict[str, Any] = {
    "key": "buy-click",
    "name": "Buy button clicked",
    "kind": "click",
    "event": "add_to_cart",
    "params": {"selector": ".product .buy"},
    "conditions": [{"subject": "page_path", "operator": "starts_with", "value": "/product/", "not": False}],
    "properties": [
        {"name": "value", "source": "text", "selector": ".product .price", "from": "", "as": "number"},
        {"name": "item_id", "source": "attribute", "selector": ".product", "from": "data-sku", "as": "text"},
    ],
    "is_on": True,
    "created_at": "2027-03-01T09:00:00Z",
    "updated_at": "2027-03-01T09:00:00Z",
}
TRIGGER_CHANGE: dict[str, Any] = {"is_on": False}
NOTE: dict[str, Any] = {"note": "Track the new product page"}
VERSION_LINE: dict[str, Any] = {
    "number": 1,
    "note": "Track the new product page",
    "author": "notebook",
    "restored_from": None,
    "created_at": "2027-03-01T09:00:00Z",
}
VERSION: dict[str, Any] = {
    **VERSION_LINE,
    "triggers": [
        {
            "key": "half-read",
            "kind": "scroll_depth",
            "event": "scroll",
            "params": {"percents": [50]},
            "conditions": [],
            "properties": [],
        }
    ],
}
RESTORED: dict[str, Any] = {**VERSION, "number": 3, "note": "", "restored_from": 1}
