"""OpenFeature's and GrowthBook's addresses in the OpenAPI description: answered before DRF, in their own shapes."""

from typing import Any

from tracking.api.format_schema import refusals
from tracking.api.hot_schema import Schema, json_of, responses
from tracking.wire.native import MOST_EVENTS

FREE: Schema = {"type": "object", "additionalProperties": True}
TEXT: Schema = {"type": "string"}
# The key is in the address, where anybody can read it: a client key.
KEY_IN_ADDRESS: list[Schema] = [{}]
REFUSALS = {
    "400": "The request cannot be read.",
    "401": "No key, or an unknown one.",
    "403": "This key may not be used on this web address.",
    "413": "The question is larger than 64 KB.",
}

METADATA: Schema = {
    "type": "object",
    "description": "`detail` is the reason that `/v1/assign` gives; `config` the version that answered.",
    "required": ["experiment", "phase", "config", "in_experiment", "detail"],
    "properties": {
        "experiment": TEXT,
        "phase": {"type": "integer"},
        "config": {"type": "integer"},
        "in_experiment": {"type": "boolean"},
        "detail": TEXT,
    },
}
FLAG_EXAMPLE: Schema = {
    "key": "headline",
    "value": "Try it free",
    "variant": "free",
    "reason": "SPLIT",
    "metadata": {"experiment": "headline", "phase": 1, "config": 4, "in_experiment": True, "detail": "assigned"},
}
OFREP: dict[str, Schema] = {
    "OfrepQuestion": {
        "type": "object",
        "required": ["context"],
        "properties": {
            "context": {
                **FREE,
                "required": ["targetingKey"],
                "description": "Beside `targetingKey` (the visitor) and `user_id`, attributes for the audience.",
                "properties": {"targetingKey": TEXT, "user_id": TEXT},
            }
        },
        "example": {"context": {"targetingKey": "ann-4711", "country": "PL"}},
    },
    "OfrepFlag": {
        "type": "object",
        "required": ["key", "value", "variant", "reason", "metadata"],
        "properties": {
            "key": {**TEXT, "description": "The key of the experiment."},
            "value": {"type": ["boolean", "string", "number", "object"], "additionalProperties": True},
            "variant": TEXT,
            "reason": {
                "type": "string",
                "enum": ["SPLIT", "STATIC", "TARGETING_MATCH", "DISABLED"],
                "description": "SPLIT: in the experiment. Everybody else gets the control's value, or what is shipped.",
            },
            "metadata": METADATA,
        },
        "example": FLAG_EXAMPLE,
    },
    "OfrepFlags": {
        "type": "object",
        "required": ["flags", "metadata"],
        "properties": {
            "flags": {"type": "array", "items": {"$ref": "#/components/schemas/OfrepFlag"}},
            "metadata": {"type": "object", "properties": {"config": {"type": "integer"}}},
        },
        "example": {"flags": [FLAG_EXAMPLE], "metadata": {"config": 4}},
    },
    "OfrepFailure": {
        "type": "object",
        "required": ["errorCode", "errorDetails"],
        "properties": {
            "key": TEXT,
            "errorCode": {
                "type": "string",
                "enum": ["PARSE_ERROR", "TARGETING_KEY_MISSING", "INVALID_CONTEXT", "FLAG_NOT_FOUND", "GENERAL"],
            },
            "errorDetails": TEXT,
        },
        "example": {"key": "nonsense", "errorCode": "FLAG_NOT_FOUND", "errorDetails": "No running experiment has it."},
    },
}
GROWTHBOOK: dict[str, Schema] = {
    "GrowthBookPayload": {
        "type": "object",
        "description": "As GrowthBook's SDKs read it; `config` is ours.",
        "required": ["status", "features", "experiments", "savedGroups", "dateUpdated", "config"],
        "properties": {
            "status": {"type": "integer"},
            "features": {"type": "object", "additionalProperties": FREE},
            "experiments": {"type": "array", "items": FREE},
            "savedGroups": FREE,
            "dateUpdated": {"type": "string", "format": "date-time"},
            "config": {"type": "integer"},
        },
        "example": {
            "status": 200,
            "features": {"headline": {"defaultValue": "Buy now"}},
            "experiments": [],
            "savedGroups": {},
            "dateUpdated": "2026-03-01T12:30:15.123Z",
            "config": 4,
        },
    },
    "GrowthBookQuestion": {
        "type": "object",
        "properties": {
            "attributes": {**FREE, "description": "`id` is the visitor, `user_id` the user."},
            "forcedVariations": {"type": "object", "additionalProperties": {"type": "integer"}},
            "forcedFeatures": {"type": "array", "items": {"type": "array"}, "description": "Left to the SDK."},
            "url": TEXT,
        },
        "example": {"attributes": {"id": "ann-4711", "country": "PL"}, "url": "https://shop.example/"},
    },
    "GrowthBookEvents": {
        "type": "array",
        "maxItems": MOST_EVENTS,
        "items": {
            **FREE,
            "required": ["event_name"],
            "properties": {
                "event_name": TEXT,
                "properties_json": {**FREE, "type": ["object", "string"], "description": "Or the JSON text of it."},
                "device_id": {"type": ["string", "number", "null"], "description": "The visitor."},
                "user_id": {"type": ["string", "number", "null"]},
                "url": TEXT,
                "context_json": {**FREE, "type": ["object", "string"]},
            },
        },
        "example": [
            {
                "event_name": "Experiment Viewed",
                "properties_json": {"experimentId": "headline", "variationId": "free", "hashValue": "ann-4711"},
                "device_id": "ann-4711",
            }
        ],
    },
    "GrowthBookReceipts": {
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
                        "reason": TEXT,
                        "excluded": TEXT,
                    },
                },
            }
        },
        "example": {"results": [{"id": None, "status": "filtered", "reason": "feature_evaluated"}]},
    },
}


def _parameter(name: str, place: str, description: str) -> Schema:
    return {"name": name, "in": place, "required": place != "header", "schema": TEXT, "description": description}


PK = _parameter("client_key", "path", "A client key: `pk_…`")
KNOWN = _parameter("If-None-Match", "header", "The ETag of the answer that the client has.")
UNCHANGED: Schema = {"description": "The client has just this answer."}


def _operation(name: str, title: str, tag: str, question: str | None, **more: Any) -> Schema:
    body = {"requestBody": {"required": True, "content": json_of(question)}} if question else {}
    return {"operationId": name, "tags": [tag], "summary": title, **body, **more}


def _failures(*statuses: str, **more: str) -> Schema:
    told = {status: REFUSALS[status] for status in statuses} | more
    return {status: {"description": why, "content": json_of("OfrepFailure")} for status, why in told.items()}


def _answered(schema: str, description: str, *statuses: str) -> Schema:
    return responses(schema, description, {status: REFUSALS[status] for status in statuses})


def _ofrep(security: list[Schema]) -> dict[str, Schema]:
    refused = _failures("400", "401", "403", "413")
    carried = "The key may also come as `X-API-Key`. Asking is not exposure: send `experiment_viewed` when it is shown."
    one = _operation(
        "ofrep_flag",
        "One flag (OpenFeature, servers)",
        "OpenFeature",
        "OfrepQuestion",
        description=carried,
        parameters=[_parameter("key", "path", "The key of the experiment.")],
        security=security,
        responses=responses("OfrepFlag", "The flag.", {})
        | refused
        | {"404": {"description": "No such flag is served.", "content": json_of("OfrepFailure")}},
    )
    everything = _operation(
        "ofrep_flags",
        "All flags (OpenFeature, pages)",
        "OpenFeature",
        "OfrepQuestion",
        description=f"{carried} Where `context.url` is told, flags of other pages are left out.",
        parameters=[KNOWN],
        security=security,
        responses=responses("OfrepFlags", "Every flag, with an ETag.", {}) | {"304": UNCHANGED} | refused,
    )
    return {"/ofrep/v1/evaluate/flags/{key}": {"post": one}, "/ofrep/v1/evaluate/flags": {"post": everything}}


def _growthbook() -> dict[str, Schema]:
    features = _operation(
        "growthbook_features",
        "What GrowthBook's SDKs decide from",
        "GrowthBook",
        None,
        parameters=[PK, KNOWN],
        security=KEY_IN_ADDRESS,
        responses=_answered("GrowthBookPayload", "The payload, with an ETag.", "400", "401", "403")
        | {"304": UNCHANGED},
    )
    remote = _operation(
        "growthbook_eval",
        "Remote evaluation for GrowthBook's SDKs",
        "GrowthBook",
        "GrowthBookQuestion",
        description="The same payload with everything decided: no rule is told.",
        parameters=[PK],
        security=KEY_IN_ADDRESS,
        responses=_answered("GrowthBookPayload", "The payload of this visitor.", "400", "401", "403", "413"),
    )
    track = _operation(
        "growthbook_track",
        "Events of GrowthBook's plugin",
        "GrowthBook",
        "GrowthBookEvents",
        description="All spellings of an exposure become `experiment_viewed`, once for a visitor, variant and phase.",
        parameters=[_parameter("client_key", "query", "A client key: `pk_…`")],
        security=KEY_IN_ADDRESS,
        responses=responses("GrowthBookReceipts", "One answer for each event.", {}) | refusals("Errors"),
    )
    return {
        "/api/features/{client_key}": {"get": features},
        "/api/eval/{client_key}": {"post": remote},
        "/track": {"post": track},
    }


def add_protocols(result: Schema, security: list[Schema]) -> None:
    result["components"]["schemas"] |= OFREP | GROWTHBOOK
    result["paths"] |= _ofrep(security) | _growthbook()
