"""Examples of results in the API's documentation: a mail test run elsewhere, as the worker has computed it."""

from typing import Any

RESULT: dict[str, Any] = {
    "experiment": "welcome-mail",
    "phase": 1,
    "status": "stopped",
    "started_at": "2026-01-05T00:00:00Z",
    "ended_at": "2026-01-19T00:00:00Z",
    "planned_end": None,
    "planned_sample": None,
    "days_left": None,
    "computed_at": "2026-02-02T09:00:00Z",
    "data_through": "2026-02-02T09:00:02Z",
    "stale": False,
    "error": None,
    "health": {
        "status": "ok",
        "checks": [
            {
                "code": "sample_ratio",
                "status": "ok",
                "detail": "People are split as planned.",
                "p_value": 0.9961348415003554,
            }
        ],
        "enrolled": 42613,
        "excluded": {
            "mixed": 0,
            "bot": 0,
            "test": 0,
            "mismatch": 0,
            "shared": 0,
            "preview": 0,
            "internal": 0,
            "too_many": 0,
        },
    },
    "variants": [
        {"key": "none", "name": "None", "is_control": True, "weight": 0.5, "enrolled": 21306},
        {"key": "mens", "name": "Mens", "is_control": False, "weight": 0.5, "enrolled": 21307},
    ],
    "goals": [
        {
            "key": "conversion",
            "name": "Conversion",
            "level": "macro",
            "role": "primary",
            "measure": "once",
            "desired": "increase",
            "currency": "",
            "leads_to": None,
            "margin": 0.02,
            "exploratory": False,
            "progress": 1.0,
            "variants": [
                {
                    "key": "none",
                    "n": 21306,
                    "converted": 122,
                    "sum": 122,
                    "sum_squares": 122,
                    "mean": 0.005726086548390125,
                    "vs_control": None,
                },
                {
                    "key": "mens",
                    "n": 21307,
                    "converted": 267,
                    "sum": 267,
                    "sum_squares": 267,
                    "mean": 0.01253109306800582,
                    "vs_control": {
                        "method": "score/1",
                        "diff": 0.006805006519615695,
                        "diff_ci": [0.005024311025635361, 0.008649345826767015],
                        "newcombe_ci": [0.005014344671481532, 0.008640723396917826],
                        "lift": 1.188421876286328,
                        "lift_ci": [0.7687574424867825, 1.7078396475347826],
                        "statistic": 7.385114410925771,
                        "df": None,
                        "p_value": 1.5232235005955584e-13,
                        "chance_to_beat_control": 0.9999999999999608,
                        "reason": None,
                        "correction": "holm",
                        "adjusted_p_value": 1.5232235005955584e-13,
                        "decision": {
                            "significant": True,
                            "direction": "better",
                            "reason": None,
                            "rule": "fixed_horizon",
                        },
                    },
                },
            ],
        }
    ],
    "verdict": {
        "code": "ship",
        "because": [{"code": "primary_better", "detail": "Conversion is better.", "goal": "conversion"}],
        "variant": "mens",
    },
    "alpha": 0.05,
    "currency": "USD",
}
NOT_COMPUTED: dict[str, Any] = {
    "experiment": "welcome-mail",
    "phase": 1,
    "status": "stopped",
    "started_at": "2026-01-05T00:00:00Z",
    "ended_at": "2026-01-19T00:00:00Z",
    "planned_end": None,
    "planned_sample": None,
    "days_left": None,
    "computed_at": None,
    "data_through": None,
    "stale": True,
    "error": None,
    "reason": {
        "code": "not_computed_yet",
        "detail": "The first result is computed within seconds of the start, by the worker.",
    },
}
