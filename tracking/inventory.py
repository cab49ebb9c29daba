"""What pages hold: the only writer and reader of inventories."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from tracking.items import Page, from_row, items_of, merged, page_of
from tracking.models import PageInventory

MOST_PAGES = 200
# Then a page that nobody has seen for long makes room.
FORGOTTEN_AFTER = timedelta(days=30)


def remember(project_id: int, path: str, reported: Iterable[Mapping[str, Any]], now: datetime) -> bool:
    """Whether the report was kept. It is not while another of the same page is being written, so nobody waits."""
    page, items = page_of(path), items_of(reported)
    with transaction.atomic():
        rows = PageInventory.objects.filter(project_id=project_id)
        if not rows.filter(path=page).exists():
            return _begin(project_id, page, merged((), items), now)
        row = rows.select_for_update(skip_locked=True).filter(path=page).first()
        if row is None:
            return False
        row.items, row.reports, row.seen_at = merged(row.items, items), row.reports + 1, now
        row.save(update_fields=["items", "reports", "seen_at"])
    return True


def _begin(project_id: int, page: str, items: list[dict[str, Any]], now: datetime) -> bool:
    rows = PageInventory.objects.filter(project_id=project_id)
    if rows.count() >= MOST_PAGES:
        rows.filter(seen_at__lt=now - FORGOTTEN_AFTER).delete()
        if rows.count() >= MOST_PAGES:
            return False
    new = PageInventory(project_id=project_id, path=page, items=items, reports=1, seen_at=now)
    PageInventory.objects.bulk_create([new], ignore_conflicts=True)
    return True


def pages_of(project_id: int) -> list[Page]:
    """All that is known of a project's pages, by path."""
    rows = PageInventory.objects.filter(project_id=project_id).order_by("path").values_list("path", "items", "reports")
    return [Page(path, tuple(from_row(row) for row in items), reports) for path, items, reports in rows]
