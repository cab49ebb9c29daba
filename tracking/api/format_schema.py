"""Segment's, RudderStack's and GA4's addresses in the OpenAPI description, in the shapes that their clients know."""

from collections.abc import Mapping
from typing import Any

from tracking.api.segment import LONG, SHORT
from tracking.wire.ids import LONGEST_ID
from tracking.wire.native import LARGEST_EVENT, LONGEST_NAME, MOST_EVENTS, MOST_PROPERTIES

Schema = dict[str, Any]

SCHEMES: Schema = {
    "keyAsUser": {"type": "http", "scheme": "basic", "description": "A key as the user's name; the password is empty."},
    "writeKey": {"type": "apiKey", "in": "query", "name": "writeKey", "description": "A client key, for beacons."},
    "apiSecret": {"type": "apiKey", "in": "query", "name": "api_secret", "description": "A key of any kind."},
}
# Segment's scripts send the key in the body, too.
SEGMENT_SECURITY: list[Schema] = [{"keyAsUser": []}, {"clientKey": []}, {"secretKey": []}, {"writeKey": []}, {}]
TAG = "Segment, RudderStack, GA4"
LISTS = {"batch", "import"}

TEXT: Schema = {"type": "string"}
FREE: Schema = {"type": "object", "additionalProperties": True}
OPTIONAL_ID: Schema = {"type": ["string", "null"], "maxLength": LONGEST_ID}
TIME: Schema = {"type": "string", "format": "date-time"}
MESSAGE: Schema = {
    **FREE,
    "description": f"At most {LARGEST_EVENT // 1024} KB. Of `anonymousId`, else of `userId`: one of them is needed. "
    "Of people, neither traits nor addresses are kept.",
    "properties": {
        "type": {"type": "string", "enum": ["track", "page", "screen", "identify", "alias", "group"]},
        "messageId": {**OPTIONAL_ID, "description": "Sent again with the same, it is not counted again."},
        "anonymousId": OPTIONAL_ID,
        "userId": OPTIONAL_ID,
        "previousId": {**OPTIONAL_ID, "description": "Of an alias: the earlier id of `userId`."},
        "groupId": OPTIONAL_ID,
        "event": {"type": "string", "maxLength": LONGEST_NAME, "description": "What `track` tells."},
        "properties": {**FREE, "maxProperties": MOST_PROPERTIES},
        "traits": {**FREE, "description": "Not kept."},
        "timestamp": {**TIME, "description": "By the sender's clock; a week old at most, but in an import."},
        "originalTimestamp": {**TIME, "description": "RudderStack's name of it, which goes first."},
        "sentAt": {**TIME, "description": "What the sender's clock shows; a wrong one is corrected by it."},
        "context": {**FREE, "description": "Kept are page, campaign, library and session; consent is heeded."},
        "writeKey": {**TEXT, "description": "A client key, where it is not in a header."},
    },
}
TRACK: Schema = {
    "type": "track",
    "event": "Order Completed",
    "messageId": "m-4711",
    "anonymousId": "ann-4711",
    "properties": {"order_id": "17", "revenue": 49.9, "currency": "EUR"},
}
SEGMENT: dict[str, Schema] = {
    "SegmentMessage": {**MESSAGE, "example": TRACK},
    "SegmentBatch": {
        **FREE,
        "required": ["batch"],
        "properties": {
            "batch": {
                "type": "array",
                "maxItems": MOST_EVENTS,
                "items": {"$ref": "#/components/schemas/SegmentMessage"},
            },
            "sentAt": {**TIME, "description": "Goes before that of a message."},
            "context": {**FREE, "description": "For messages that do not say otherwise."},
            "writeKey": TEXT,
        },
        "example": {"batch": [TRACK], "sentAt": "2026-03-01T12:30:15.123Z"},
    },
    "SegmentSuccess": {
        "type": "object",
        "required": ["success"],
        "properties": {"success": {"type": "boolean", "enum": [True]}},
        "example": {"success": True},
    },
    "SegmentError": {
        "type": "object",
        "required": ["code", "message"],
        "properties": {"code": TEXT, "message": TEXT},
        "example": {"code": "unknown_key", "message": "This key is unknown or revoked."},
    },
    "SegmentSettings": {
        "type": "object",
        "required": ["integrations", "plan", "metrics"],
        "properties": {"integrations": {"type": "object", "additionalProperties": FREE}, "plan": FREE, "metrics": FREE},
        "example": {
            "integrations": {"Segment.io": {"apiKey": "pk_…", "apiHost": "microlift.example/v1", "protocol": "https"}},
            "plan": {},
            "metrics": {"sampleRate": 0},
        },
    },
    "RudderSource": {
        "type": "object",
        "required": ["source"],
        "properties": {
            "source": {**FREE, "required": ["id", "writeKey", "enabled", "config", "connections", "destinations"]}
        },
        "example": {
            "source": {
                **{"id": "pk_…", "name": "Microlift", "writeKey": "pk_…", "enabled": True, "workspaceId": ""},
                **{"config": {"statsCollection": {"errors": {"enabled": False}, "metrics": {"enabled": False}}}},
                **{"connections": [], "destinations": []},
            }
        },
    },
}
MEASUREMENT: dict[str, Schema] = {
    "MeasurementPayload": {
        **FREE,
        "required": ["client_id", "events"],
        "properties": {
            "client_id": {**TEXT, "maxLength": LONGEST_ID, "description": "Or `app_instance_id`, else `user_id`."},
            "user_id": OPTIONAL_ID,
            "timestamp_micros": {"type": ["integer", "string"], "description": "Of all events that name none."},
            "consent": {
                **FREE,
                "description": "Nothing is stored where `analytics_storage`, else `ad_user_data`, is denied.",
            },
            "events": {
                "type": "array",
                "maxItems": MOST_EVENTS,
                "items": {
                    **FREE,
                    "required": ["name"],
                    "properties": {
                        "name": {**TEXT, "maxLength": LONGEST_NAME},
                        "params": {**FREE, "maxProperties": MOST_PROPERTIES},
                        "timestamp_micros": {"type": ["integer", "string"]},
                    },
                },
            },
        },
        "example": {
            "client_id": "ann-4711",
            "events": [{"name": "generate_lead", "params": {"currency": "EUR", "value": 20}}],
        },
    },
    "MeasurementComplaints": {
        "type": "object",
        "required": ["validationMessages"],
        "properties": {
            "validationMessages": {
                "type": "array",
                "items": {
                    "type": "object",
                    "required": ["fieldPath", "description", "validationCode"],
                    "properties": {"fieldPath": TEXT, "description": TEXT, "validationCode": TEXT},
                },
            }
        },
        "example": {
            "validationMessages": [
                {"fieldPath": "events[0]", "description": "illegal_name", "validationCode": "NAME_INVALID"}
            ]
        },
    },
}
# By status, what any address that takes events may answer.
WHOLE_REFUSALS = {
    "400": "The request cannot be read.",
    "401": "No key, or an unknown one.",
    "403": "This key may not be used on this web address.",
    "413": f"More than {MOST_EVENTS} events, 1 MB, or 4 MB unpacked.",
    "415": "The body is neither plain nor gzip.",
    "429": "More requests than this key may send: come again after `Retry-After` seconds.",
    "503": "Nothing was stored: send the same again after `Retry-After` seconds.",
}
# Whoever asks for anything may hear these.
NO_ENTRY = ("400", "401", "403", "429")
RETRY: Schema = {"Retry-After": {"schema": {"type": "integer"}, "description": "Seconds."}}


def _json(schema: str) -> Schema:
    return {"application/json": {"schema": {"$ref": f"#/components/schemas/{schema}"}}}


def refusals(schema: str, statuses: Mapping[str, str] = WHOLE_REFUSALS) -> Schema:
    """Responses by status. ``schema``: the shape of errors here; ``statuses``: what each means."""
    return {
        status: {"description": why, "content": _json(schema)}
        | ({"headers": RETRY} if status in {"429", "503"} else {})
        for status, why in statuses.items()
    }


def _of(*statuses: str) -> dict[str, str]:
    return {status: WHOLE_REFUSALS[status] for status in statuses}


def _parameter(name: str, place: str, description: str) -> Schema:
    return {"name": name, "in": place, "required": place == "path", "schema": TEXT, "description": description}


def _messages(address: str, kind: str) -> Schema:
    """``kind``: what the body is. The answer says nothing of single messages: these clients would repeat them all."""
    name = address.strip("/").replace("/", "_")
    return {
        "operationId": f"segment_{name}",
        "tags": [TAG],
        "summary": f"{'Messages' if kind in LISTS else 'A message'} of Segment's and RudderStack's clients: {kind}",
        "description": "Answers success once everything is committed, also when a message of it was refused: which and "
        "why is in the admin. The key may also stand in the body, as `writeKey`. Sending again is safe.",
        "security": SEGMENT_SECURITY,
        "requestBody": {"required": True, "content": _json("SegmentBatch" if kind in LISTS else "SegmentMessage")},
        "responses": {"200": {"description": "Committed.", "content": _json("SegmentSuccess")}}
        | refusals("SegmentError"),
    }


def _asked(name: str, summary: str, schema: str, **more: Any) -> Schema:
    told = {"operationId": name, "tags": [TAG], "summary": summary, **more}
    answered = {"200": {"description": "As the script reads it.", "content": _json(schema)}}
    return told | {"responses": answered | refusals("SegmentError", _of(*NO_ENTRY, "503"))}


def _collected(name: str, summary: str, answered: Schema, statuses: Mapping[str, str]) -> Schema:
    return {
        "operationId": name,
        "tags": [TAG],
        "summary": summary,
        "description": "As Google's Measurement Protocol, with a key as `api_secret`; `measurement_id` is not read.",
        "security": [{"apiSecret": []}],
        "parameters": [_parameter("measurement_id", "query", "Not read.")],
        "requestBody": {"required": True, "content": _json("MeasurementPayload")},
        "responses": answered | refusals("Errors", statuses),
    }


def _paths() -> dict[str, Schema]:
    kinds = {f"/v1/{name}": SHORT.get(name, name) for name in (*LONG, *SHORT)} | {"/beacon/v1/batch": "batch"}
    posted = {address: {"post": _messages(address, kind)} for address, kind in kinds.items()}
    settings = _asked(
        "segment_settings",
        "What Segment's script asks before any event",
        "SegmentSettings",
        parameters=[_parameter("client_key", "path", "A client key: `pk_…`")],
        security=[{}],
    )
    source = _asked(
        "rudderstack_source",
        "What RudderStack's script asks before any event",
        "RudderSource",
        security=[{"keyAsUser": []}, {"writeKey": []}],
    )
    stored = {"204": {"description": "Committed; nothing is said of single events."}}
    looked_at = {"200": {"description": "What is wrong, if anything.", "content": _json("MeasurementComplaints")}}
    return posted | {
        "/v1/projects/{client_key}/settings": {"get": settings},
        "/sourceConfig/": {"get": source},
        "/mp/collect": {"post": _collected("ga4_collect", "Events of GA4's protocol", stored, WHOLE_REFUSALS)},
        "/debug/mp/collect": {
            "post": _collected("ga4_debug", "What GA4's protocol would make of it", looked_at, _of(*NO_ENTRY, "503"))
        },
    }


def add_formats(result: Schema) -> None:
    result["components"]["securitySchemes"] |= SCHEMES
    result["components"]["schemas"] |= SEGMENT | MEASUREMENT
    result["paths"] |= _paths()
