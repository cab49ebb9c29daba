"""Examples of forecasts in the API's documentation: four weeks of a small shop, as the worker has worked them out."""

from typing import Any

BODY: dict[str, Any] = {
    "visitors": 11760,
    "days": 28.0,
    "people_per_day": 420.0,
    "assumed": None,
    "lift": 0.25,
    "alpha": 0.05,
    "power": 0.8,
    "weeks": [1, 2, 4, 6, 8],
    "goals": [
        {
            "key": "purchase",
            "name": "Purchase",
            "level": "macro",
            "role": "primary",
            "measure": "once",
            "desired": "increase",
            "currency": "",
            "margin": None,
            "rule": "group_sequential",
            "baseline": {
                "mean": 0.030952380952380953,
                "variance": 0.02999688182101653,
                "active": 0.030952380952380953,
                "visitors": 11760,
                "assumed": False,
            },
            "detectable": [
                0.6817537530741381,
                0.4628960594700771,
                0.3179422747532842,
                0.2562570111487239,
                0.220212765702708,
            ],
            "needed": {"people": 18486, "weeks": 7, "reason": None},
            "capped": None,
            "explained_by_past": None,
        },
        {
            "key": "add-to-cart",
            "name": "Put in the cart",
            "level": "micro",
            "role": "secondary",
            "measure": "once",
            "desired": "increase",
            "currency": "",
            "margin": None,
            "rule": "confidence_sequence",
            "baseline": {
                "mean": 0.2,
                "variance": 0.1600136065992007,
                "active": 0.2,
                "visitors": 11760,
                "assumed": False,
            },
            "detectable": [
                0.3381569915451685,
                0.21792122444786216,
                0.14754536741763,
                0.11929189191060036,
                0.10308751576903147,
            ],
            "needed": {"people": 4688, "weeks": 2, "reason": None},
            "capped": None,
            "explained_by_past": None,
        },
    ],
    "recommended": {"people": 18486, "weeks": 7, "enough": True},
    "reason": None,
}
EXPECTED: dict[str, Any] = {"people_per_day": 420, "rates": {"add-to-cart": 0.2}}
FORECAST: dict[str, Any] = {
    "experiment": "cta-colour",
    "status": "ready",
    "asked_at": "2027-03-01T09:10:00Z",
    "computed_at": "2027-03-01T09:10:02Z",
    "error": None,
    "forecast": BODY,
}
PENDING: dict[str, Any] = {**FORECAST, "status": "pending", "computed_at": None, "forecast": None}
NOT_ASKED: dict[str, Any] = {**PENDING, "status": "not_asked", "asked_at": None}
