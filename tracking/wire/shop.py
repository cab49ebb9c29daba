"""Segment's e-commerce specification in GA4's words, pure: one name for a step, whichever client tells of it."""

from collections.abc import Mapping
from typing import Any

# Version 2 of the specification, then the names of version 1 that shop systems still send; compared without case.
NAMES = {
    "products searched": "search",
    "product list viewed": "view_item_list",
    "product clicked": "select_item",
    "product viewed": "view_item",
    "product added to wishlist": "add_to_wishlist",
    "product added": "add_to_cart",
    "product removed": "remove_from_cart",
    "cart viewed": "view_cart",
    "checkout started": "begin_checkout",
    "payment info entered": "add_payment_info",
    "order completed": "purchase",
    "order refunded": "refund",
    "promotion viewed": "view_promotion",
    "promotion clicked": "select_promotion",
    "product shared": "share",
    "signed up": "sign_up",
    "signed in": "login",
    "viewed product category": "view_item_list",
    "viewed product": "view_item",
    "added product": "add_to_cart",
    "removed product": "remove_from_cart",
    "completed order": "purchase",
}
FIELDS = {"order_id": "transaction_id", "query": "search_term", "list_id": "item_list_id", "products": "items"}
# GA4's value is without shipping and tax, and so is ``revenue``; ``total`` is with them.
VALUES = ("value", "revenue", "total")
ITEM_FIELDS = {
    "product_id": "item_id",
    "sku": "item_id",
    "name": "item_name",
    "brand": "item_brand",
    "category": "item_category",
    "variant": "item_variant",
    "position": "index",
}


def named(event: str) -> str:
    """GA4's name of this step; empty for an event of the sender's own."""
    return NAMES.get(event.strip().lower(), "")


def properties_of(told: Mapping[str, Any]) -> dict[str, Any]:
    """In GA4's words. Fields are renamed, so there are never more of them than were sent."""
    value = next((name for name in VALUES if name in told), "value")
    properties = _renamed(told, {**FIELDS, value: "value"})
    if isinstance(items := properties.get("items"), list):
        properties["items"] = [_renamed(item, ITEM_FIELDS) if isinstance(item, dict) else item for item in items]
    return properties


def _renamed(told: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    """What has the new name already keeps it, and its field of the old name stays beside it."""
    taken, renamed = set(told), {}
    for name, value in told.items():
        new = names.get(name, name)
        if new != name and new in taken:
            new = name
        taken.add(new)
        renamed[new] = value
    return renamed
