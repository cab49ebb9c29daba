"""What flag clients read of each variant, of one type throughout a test."""

from typing import Any

from experiments.payloads import flag_value
from experiments.plan import Plan


def values_of(plan: Plan) -> dict[str, Any]:
    """By variant. One fraction among numbers makes fractions of all; a redirect that leads nowhere is an empty text.

    Clients take the type of a value for the type of the flag: ``1`` beside ``2.5`` would be an error for some visitors.
    """
    values = {variant.key: flag_value(plan.kind, variant.payload) for variant in plan.variants}
    if plan.kind == "redirect":
        return {key: value or "" for key, value in values.items()}
    if plan.kind == "number" and any(isinstance(value, float) for value in values.values()):
        return {key: float(value) for key, value in values.items()}
    return values
