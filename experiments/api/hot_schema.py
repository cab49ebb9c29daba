"""POST /v1/assign in the OpenAPI description: it is answered before DRF, so DRF cannot describe it."""

from typing import Any

from experiments.api.protocol_schema import add_protocols
from experiments.assignment import CONTROL_REASONS
from tracking.api.hot_schema import NO_ENTRY, SECURITY, Schema, json_of, responses

QUESTION: Schema = {
    "type": "object",
    "required": ["visitor_id"],
    "properties": {
        "visitor_id": {"type": "string", "maxLength": 200, "description": "The id that the browser keeps."},
        "user_id": {"type": ["string", "null"], "description": "Needed where the unit of the experiment is `user`."},
        "attributes": {
            "type": ["object", "null"],
            "additionalProperties": True,
            "description": "What is known of the visitor, for audiences, such as `country`; `url` is the page.",
        },
        "experiments": {
            "type": ["array", "null"],
            "items": {"type": "string"},
            "description": "Their keys. Default: all that are running.",
        },
    },
    "example": {"visitor_id": "ann-4711"},
}
ASSIGNMENT: Schema = {
    "type": "object",
    "required": ["variant", "in_experiment", "reason", "payload"],
    "properties": {
        "variant": {"type": ["string", "null"], "description": "What to show; null when the experiment does not run."},
        "in_experiment": {"type": "boolean", "description": "Only then send `experiment_viewed` when it is shown."},
        "reason": {
            "type": "string",
            "enum": ["assigned", "preview", "shipped", *CONTROL_REASONS, "not_running"],
        },
        "payload": {"type": ["object", "null"], "additionalProperties": True},
        "phase": {"type": "integer", "description": "Which run of the experiment; absent when it does not run."},
    },
}
ASSIGNMENTS: Schema = {
    "type": "object",
    "required": ["visitor_id", "config", "assignments"],
    "properties": {
        "visitor_id": {"type": "string", "description": "As it is counted: trimmed, NFC."},
        "config": {"type": "integer", "description": "The version of the configuration that answered."},
        "assignments": {"type": "object", "additionalProperties": {"$ref": "#/components/schemas/Assignment"}},
    },
    "example": {
        "visitor_id": "ann-4711",
        "config": 1,
        "assignments": {
            "cta-colour": {
                "variant": "green",
                "in_experiment": True,
                "reason": "assigned",
                "payload": {"selector": "#buy", "text": "Try it free", "background": "#0f7b4f"},
                "phase": 1,
            }
        },
    },
}
POST_ASSIGN: Schema = {
    "operationId": "assign",
    "tags": ["assign and events"],
    "summary": "Which variant to show",
    "description": "A pure function of configuration and ids: the same visitor gets the same variant, on every server. "
    "Asking writes nothing; send the event `experiment_viewed` when the variant is really shown.",
    "security": SECURITY,
    "requestBody": {"required": True, "content": json_of("AssignQuestion")},
    "responses": responses(
        "Assignments",
        "One assignment for each experiment asked.",
        {**NO_ENTRY, "400": "The body cannot be read, or the id names nobody.", "413": "More than 1 MB."},
    ),
}


def add_hot_paths(result: Schema, **_options: Any) -> Schema:
    result["components"]["schemas"] |= {
        "AssignQuestion": QUESTION,
        "Assignment": ASSIGNMENT,
        "Assignments": ASSIGNMENTS,
    }
    result["paths"]["/v1/assign"] = {"post": POST_ASSIGN}
    add_protocols(result, SECURITY)
    return result
