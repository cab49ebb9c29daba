"""What a browser sends for the form of an experiment."""

from collections.abc import Sequence
from typing import Any

from experiments.models import Experiment
from tracking.models import Goal

ORIGINAL = {"name": "Original", "weight": "1", "is_control": "on"}
GREEN = {
    "name": "Green, with benefit",
    "weight": "1",
    "cta_text": "Start free",
    "cta_background": "#0f7b4f",
    "cta_selector": "#signup",
}


def experiment_form(
    *, variants: Sequence[dict[str, Any]] = (ORIGINAL, GREEN), goals: Sequence[dict[str, Any]] = (), **fields: Any
) -> dict[str, Any]:
    """Rows with an ``id`` are there already; a change page also sends the status that it was made for."""
    about = {
        "name": "Green button",
        "kind": "cta",
        "coverage": "100",
        "unit": "visitor",
        "alpha": "5",
        "seen_status": "draft",
    }
    return {**about, **_rows("variants", variants), **_rows("goal_roles", goals), **fields}


def _rows(prefix: str, rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    there = sum("id" in row for row in rows)
    sent: dict[str, Any] = {f"{prefix}-TOTAL_FORMS": len(rows), f"{prefix}-INITIAL_FORMS": there}
    for index, row in enumerate(rows):
        sent |= {f"{prefix}-{index}-{name}": value for name, value in row.items()}
    return sent


def primary(goal: Goal) -> dict[str, Any]:
    return {"goal": goal.pk, "role": "primary", "margin": "2"}


def rows_of(experiment: Experiment) -> list[dict[str, Any]]:
    """The variants as the form of a draft sends them back unchanged."""
    rows = []
    for variant in experiment.variants.all():
        payload = {f"cta_{part}": value for part, value in variant.payload.items()}
        row = {"id": variant.pk, "name": variant.name, "weight": variant.weight, **payload}
        rows.append({**row, "is_control": "on"} if variant.is_control else row)
    return rows
