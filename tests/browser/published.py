"""What pages of a test's shop are told beside its experiments: triggers, and what the project wishes."""

from typing import Any

from experiments.snapshot import SNAPSHOT
from tests.browser.shop import Shop
from tracking.models import TriggerVersion


def publish(shop: Shop, *triggers: dict[str, Any]) -> None:
    """From now on pages hear these triggers and no others."""
    defaults: dict[str, Any] = {"params": {}, "conditions": [], "properties": []}
    body = [{"key": f"trigger-{place}", **defaults, **trigger} for place, trigger in enumerate(triggers)]
    TriggerVersion.objects.create(project=shop.project, number=next(shop.numbers) + 1, body=body)
    SNAPSHOT.forget()


def wish(shop: Shop, **fields: bool) -> None:
    """``requires_consent``, ``form_analytics``."""
    for name, value in fields.items():
        setattr(shop.project, name, value)
    shop.project.save(update_fields=list(fields))
    SNAPSHOT.forget()
