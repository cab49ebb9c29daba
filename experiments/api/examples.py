"""Examples in the API's documentation. A test sends each request of them, in this order, and compares the answers."""

from typing import Any

EXPERIMENT: dict[str, Any] = {
    "key": "cta-colour",
    "name": "Green button",
    "hypothesis": "A green button with a benefit makes more people begin.",
    "kind": "cta",
    "minimum_effect": 0.05,
    "planned_sample": 20_000,
    "planned_end": "2027-03-29T00:00:00Z",
    "condition": {"deviceType": "mobile"},
    "pages": [{"pattern": "/product/*"}],
    "variants": [
        {"key": "original"},
        {"key": "green", "payload": {"selector": "#buy", "text": "Try it free", "background": "#0f7b4f"}},
    ],
    "goals": [{"goal": "revenue", "role": "primary"}, {"goal": "add-to-cart"}],
}
EXPERIMENT_ANSWER: dict[str, Any] = {
    "key": "cta-colour",
    "name": "Green button",
    "hypothesis": "A green button with a benefit makes more people begin.",
    "kind": "cta",
    "status": "draft",
    "unit": "visitor",
    "coverage": 1.0,
    "alpha": 0.05,
    "minimum_effect": 0.05,
    "planned_sample": 20_000,
    "planned_end": "2027-03-29T00:00:00Z",
    "starts_at": None,
    "stops_by_itself": False,
    "schedule_problem": "",
    "condition": {"deviceType": "mobile"},
    "pages": [{"include": True, "kind": "simple", "pattern": "/product/*"}],
    "namespace": None,
    "namespace_share": 0.5,
    "prerequisites": [],
    "shipped_variant": "",
    "variants": [
        {"key": "original", "name": "Original", "is_control": True, "weight": 1.0, "payload": {}},
        {
            "key": "green",
            "name": "Green",
            "is_control": False,
            "weight": 1.0,
            "payload": {"selector": "#buy", "text": "Try it free", "background": "#0f7b4f"},
        },
    ],
    "goals": [
        {"goal": "revenue", "role": "primary", "margin": 0.02},
        {"goal": "add-to-cart", "role": "secondary", "margin": 0.02},
    ],
    "phases": [],
    "created_at": "2027-03-01T09:00:00Z",
    "updated_at": "2027-03-01T09:00:00Z",
}
EXTERNAL_EXPERIMENT: dict[str, Any] = {
    "key": "welcome-mail",
    "kind": "external",
    "variants": [{"key": "none"}, {"key": "mens"}, {"key": "womens"}],
    "goals": [{"goal": "revenue", "role": "primary"}],
}
EXPERIMENT_CHANGE: dict[str, Any] = {
    "hypothesis": "Green is seen sooner.",
    "coverage": 0.5,
    "starts_at": "2027-03-01T09:30:00Z",
}
ADDED_GOAL: dict[str, Any] = {"goal": "scroll-to-end"}
ADDED_GOAL_ANSWER: dict[str, Any] = {"goal": "scroll-to-end", "role": "secondary", "margin": 0.02}
IN_THE_PAST: dict[str, Any] = {"at": "2026-01-05T00:00:00Z"}
STARTED: dict[str, Any] = {
    "number": 1,
    "started_at": "2027-03-01T09:30:00Z",
    "ended_at": None,
    "planned_end": "2027-03-29T00:00:00Z",
    "planned_sample": 20_000,
    "pauses": [],
}
STOPPED: dict[str, Any] = {**STARTED, "ended_at": "2027-03-29T08:00:00Z"}
NEW_PHASE: dict[str, Any] = {
    "variants": [
        {"key": "original", "weight": 1},
        {"key": "green", "weight": 3, "payload": {"selector": "#buy", "text": "Try it free", "background": "#0f7b4f"}},
    ]
}
