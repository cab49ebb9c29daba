"""Examples of explanations in the API's documentation."""

from typing import Any

DIGEST = "5644eecff1b9622abe3d02d42a6e7f3a0b579fcf26008f32a4f2a4582d1ba470"


def _step(code: str, passed: bool | None, detail: str) -> dict[str, Any]:
    return {"code": code, "passed": passed, "detail": detail}


EXPLAINED: dict[str, Any] = {
    "experiment": "cta-colour",
    "at": "2027-03-02T10:15:00Z",
    "variant": "green",
    "in_experiment": True,
    "reason": "assigned",
    "bucket": 5096,
    "phase": 1,
    "config": 12,
    "digest": DIGEST,
    "since": "2027-03-01T09:30:00Z",
    "assumed": ["bot", "audience"],
    "steps": [
        _step("version", True, "Version 12 of the configuration was in force (cta-colour started)."),
        _step("running", True, "Phase 1 was running."),
        _step("bot", None, "Whether it was a robot is not known: no user agent was given."),
        _step("holdout", True, "Not in the project's holdout (who may enter: 0.05–1 under the seed 9c1d2e3f40515263)."),
        _step("audience", None, "Not known, since no attributes were given: country $in [PL, UA]"),
        _step(
            "coverage",
            True,
            "Bucket 5096 of 0–9999, under the seed 5fa3465fcf47c454: “Green”. "
            "The variants have Original 0–3999, Green 5000–8999.",
        ),
    ],
}
NOT_RUNNING: dict[str, Any] = {
    "experiment": "cta-colour",
    "at": "2027-01-01T00:00:00Z",
    "variant": None,
    "in_experiment": False,
    "reason": "not_running",
    "bucket": None,
    "phase": None,
    "config": None,
    "digest": None,
    "since": None,
    "assumed": [],
    "steps": [_step("version", False, "Nothing had been published by then, so no test was served.")],
}
