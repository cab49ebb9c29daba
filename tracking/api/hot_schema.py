"""What happens, in the OpenAPI description: these doors are answered before DRF, so DRF cannot describe them."""

from collections.abc import Mapping
from typing import Any

from tracking.api.format_schema import WHOLE_REFUSALS, add_formats, refusals
from tracking.items import MOST_ITEMS
from tracking.wire.ids import LONGEST_ID
from tracking.wire.native import DEEPEST, LARGEST_EVENT, LONGEST_NAME, MOST_EVENTS, MOST_PROPERTIES

Schema = dict[str, Any]

# Any key opens the hot paths; the client key is the one for pages.
SECURITY: list[Schema] = [{"clientKey": []}, {"clientKeyInAddress": []}, {"secretKey": []}]
SCHEMES: Schema = {
    "clientKey": {"type": "http", "scheme": "bearer", "description": "A client key: `Authorization: Bearer pk_…`"},
    "clientKeyInAddress": {"type": "apiKey", "in": "query", "name": "key", "description": "A client key: `?key=pk_…`"},
}

# Whoever knocks on a hot path may hear these.
NO_ENTRY = {"401": "No key, or an unknown one.", "403": "This key may not be used on this web address."}


def json_of(schema: str) -> Schema:
    """The content of a body, by the name of its schema."""
    return {"application/json": {"schema": {"$ref": f"#/components/schemas/{schema}"}}}


def responses(schema: str, description: str, refusals: Mapping[str, str]) -> Schema:
    """200 with this schema; ``refusals``: why, by status."""
    refused = {status: {"description": why, "content": json_of("Errors")} for status, why in sorted(refusals.items())}
    return {"200": {"description": description, "content": json_of(schema)}, **refused}


ID: Schema = {"type": "string", "minLength": 1, "maxLength": LONGEST_ID}
TIME: Schema = {"type": "string", "format": "date-time"}
OBJECT: Schema = {"type": "object", "additionalProperties": True}
EVENT: Schema = {
    "type": "object",
    "required": ["id", "name", "visitor_id"],
    "description": f"At most {LARGEST_EVENT // 1024} KB. Sent again with the same `id`, it is not counted again.",
    "properties": {
        "id": {**ID, "description": "Made by the sender, unique in the project: a UUID will do."},
        "name": {"type": "string", "maxLength": LONGEST_NAME, "description": "Such as `add_to_cart`."},
        "visitor_id": {**ID, "description": "The id that the browser keeps; the same as for `/v1/assign`."},
        "user_id": {"type": ["string", "null"], "maxLength": LONGEST_ID, "description": "Once somebody has logged in."},
        "occurred_at": {
            **TIME,
            "type": ["string", "null"],
            "description": "Default: now. Without a zone: UTC. At most 7 days ago, but with a key that may import.",
        },
        "properties": {**OBJECT, "maxProperties": MOST_PROPERTIES, "description": f"Nested {DEEPEST} deep at most."},
        "context": {
            **OBJECT,
            "description": '`test: true` or `preview: true` keeps the event out of results, `consent: "denied"` out of '
            "the database.",
        },
    },
}
BATCH: Schema = {
    "type": "object",
    "required": ["events"],
    "properties": {
        "sent_at": {**TIME, "description": "The sender's clock; a wrong one is corrected by it."},
        "events": {"type": "array", "maxItems": MOST_EVENTS, "items": {"$ref": "#/components/schemas/Event"}},
    },
    "example": {
        "events": [
            {
                "id": "9c0e8b1c-1",
                "name": "experiment_viewed",
                "visitor_id": "ann-4711",
                "properties": {"experiment": "cta-colour", "variant": "green"},
            },
            {"id": "9c0e8b1c-2", "name": "purchase", "visitor_id": "ann-4711", "properties": {"value": 49.9}},
        ]
    },
}
RECEIPTS: Schema = {
    "type": "object",
    "required": ["results"],
    "properties": {
        "results": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["id", "status"],
                "properties": {
                    "id": {"type": ["string", "null"]},
                    "status": {"type": "string", "enum": ["stored", "duplicate", "filtered", "rejected"]},
                    "reason": {"type": "string", "description": "A code, perhaps with `: ` and details behind it."},
                    "excluded": {"type": "string", "enum": ["test", "preview", "bot", "internal"]},
                },
            },
        }
    },
    "example": {"results": [{"id": "9c0e8b1c-1", "status": "stored"}, {"id": "9c0e8b1c-2", "status": "stored"}]},
}
POST_EVENTS: Schema = {
    "operationId": "events_send",
    "tags": ["assign and events"],
    "summary": "Send events",
    "description": f"Up to {MOST_EVENTS} events, 1 MB; gzip welcome; the body is JSON whatever its Content-Type. "
    "`stored` means committed: sending again is safe and answers `duplicate`.",
    "security": SECURITY,
    "requestBody": {"required": True, "content": json_of("EventBatch")},
    "responses": responses("EventReceipts", "One answer for each event, in their order.", {})
    | refusals("Errors", WHOLE_REFUSALS),
}

INVENTORY: Schema = {
    "type": "object",
    "required": ["path", "items"],
    "properties": {
        "path": {"type": "string", "description": "Of the page, without query and fragment."},
        "items": {"type": "array", "maxItems": MOST_ITEMS, "items": OBJECT},
    },
    "example": {"path": "/pricing", "items": [{"kind": "button", "text": "Try it free", "selector": "#try"}]},
}
REPORTED: Schema = {
    "type": "object",
    "required": ["status"],
    "properties": {"status": {"type": "string", "enum": ["stored", "ignored"]}},
    "example": {"status": "stored"},
}
POST_INVENTORY: Schema = {
    "operationId": "inventory_report",
    "tags": ["browser client"],
    "summary": "Say what a page holds",
    "description": "Sent by the browser client from few visits, so that goals can be proposed: buttons, links, videos, "
    "forms with the names of their fields. Of no visitor, and nothing that was typed.",
    "security": SECURITY,
    "requestBody": {"required": True, "content": json_of("Inventory")},
    "responses": responses(
        "InventoryReceipt",
        "`ignored`: a robot's, or more pages than are kept; nothing is wrong.",
        {**NO_ENTRY, "400": "The body cannot be read.", "413": "Too many items, or more than 40 KB."},
    ),
}
SESSION: Schema = {
    "type": "object",
    "required": ["token"],
    "properties": {"token": {"type": "string", "description": "Of a link that the admin has made."}},
    "example": {"token": "WzEsImFubiIsIiJd:1vM9xE:…"},
}
POST_DEBUG: Schema = {
    "operationId": "debug_open",
    "tags": ["browser client"],
    "summary": "Open a debug session",
    "description": "Asked by the debug panel: triggers as drafts, goals, and whose session it is, for 24 hours.",
    "security": SECURITY,
    "requestBody": {"required": True, "content": json_of("DebugSession")},
    "responses": responses(
        "DebugAnswer",
        "What the panel works with.",
        {**NO_ENTRY, "400": "The body cannot be read.", "403": "No key that may, or the link is not valid any more."},
    ),
}


def add_hot_paths(result: Schema, **_options: Any) -> Schema:
    components = result["components"]
    components["securitySchemes"] |= SCHEMES
    components["schemas"] |= {"Event": EVENT, "EventBatch": BATCH, "EventReceipts": RECEIPTS}
    components["schemas"] |= {"Inventory": INVENTORY, "InventoryReceipt": REPORTED}
    components["schemas"] |= {"DebugSession": SESSION, "DebugAnswer": OBJECT}
    result["paths"]["/v1/events"] = {"post": POST_EVENTS}
    result["paths"]["/v1/inventory"] = {"post": POST_INVENTORY}
    result["paths"]["/v1/debug"] = {"post": POST_DEBUG}
    add_formats(result)
    return result
