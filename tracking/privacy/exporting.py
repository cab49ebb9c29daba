"""A copy of everything that is kept about one person, and of nobody else."""

from datetime import datetime
from typing import Any

from tracking.models.privacy import PrivacyKind, PrivacyReceipt
from tracking.privacy.registry import tables
from tracking.privacy.tombstones import user_digest, visitor_digest
from tracking.privacy.whose import Whose


def exported(person: Whose, *, asked_by: str, now: datetime) -> dict[str, Any]:
    """By table, all rows with what they say; leaves a receipt that it was asked for."""
    found = {table.label: list(table.rows(person).values(*table.told)) for table in tables()}
    counts = {label: len(rows) for label, rows in found.items() if rows}
    digest = (
        user_digest(person.project_id, person.user_id)
        if person.user_id
        else visitor_digest(person.project_id, person.visitor_ids[0])
    )
    receipt = PrivacyReceipt.objects.create(
        project_id=person.project_id,
        kind=PrivacyKind.EXPORT,
        digest=digest,
        asked_by=asked_by[:150],
        requested_at=now,
        done_at=now,
        counts=counts,
    )
    return {
        "receipt": str(receipt.pk),
        "exported_at": now,
        "user_id": person.user_id,
        "visitor_ids": list(person.visitor_ids),
        "shared_visitor_ids": list(person.shared_ids),
        "tables": {label: rows for label, rows in found.items() if rows},
    }
