"""The end of one person's data. First a tombstone, so that nothing of them is kept again; then all that is there.

Every step is one transaction and may be the last one before the power goes: asked again, or found by the periodic job,
the work goes on where it stopped. The ids are remembered only until it is done.
"""

import logging
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from django.db import OperationalError, connection, transaction
from django.db.models import QuerySet

from tracking.models import Person, Visitor
from tracking.models.privacy import Erased, PrivacyKind, PrivacyReceipt
from tracking.privacy.tables import dues_of, events_of, marks_of, persons_of, rejected_of, visitors_of
from tracking.privacy.tombstones import user_digest, visitor_digest
from tracking.privacy.whose import Whose, whose
from tracking.private_ids import private_id

log = logging.getLogger(__name__)
# Short enough that nobody waits for the locks of one step.
CHUNK = 2_000
# An event that was on its way when the tombstone was set has arrived by then: no request takes so long.
GRACE = timedelta(seconds=60)

# The marks go in with the deletion: whoever is taken out of the events is counted out of the results.
DELETE_EVENTS = """
WITH gone AS (
    DELETE FROM tracking_event WHERE ctid = ANY(ARRAY(
        SELECT ctid FROM tracking_event
        WHERE project_id = %(project)s
          AND (visitor_id = ANY(%(visitors)s) OR (user_id = %(user)s AND user_id <> ''))
        LIMIT %(chunk)s
    )) RETURNING visitor_id
), due AS (
    INSERT INTO tracking_due (project_id, visitor_id) SELECT DISTINCT %(project)s::bigint, visitor_id FROM gone
)
SELECT count(*) FROM gone
"""
DELETE_REJECTED = """
DELETE FROM tracking_rejected WHERE id = ANY(ARRAY(
    SELECT id FROM tracking_rejected
    WHERE project_id = %(project)s AND visitor_id = ANY(%(visitors)s) AND visitor_id <> '' LIMIT %(chunk)s
))
"""
DETACH = "UPDATE tracking_person SET key = 'x:' || gen_random_uuid() WHERE id = ANY(%s)"


def erase_person(
    project_id: int, *, visitor_id: str = "", user_id: str = "", asked_by: str, now: datetime
) -> PrivacyReceipt:
    """Everything of this user, or of this visitor and the user it belongs to, with all other visitors. Repeatable."""
    visitor_id, user_id = private_id(project_id, visitor_id), private_id(project_id, user_id)
    digest = user_digest(project_id, user_id) if user_id else visitor_digest(project_id, visitor_id)
    person = whose(project_id, visitor_id=visitor_id, user_id=user_id)
    return erase(request(person, digest, asked_by=asked_by, now=now), now=now)


def request(person: Whose, digest: str, *, asked_by: str, now: datetime) -> PrivacyReceipt:
    """The receipt of the request, new or of the first time, committed together with all tombstones."""
    asked = PrivacyReceipt(
        project_id=person.project_id,
        kind=PrivacyKind.ERASURE,
        digest=digest,
        asked_by=asked_by[:150],
        requested_at=now,
        pending=asdict(person),
    )
    digests = [visitor_digest(person.project_id, one) for one in person.visitor_ids]
    digests += [user_digest(person.project_id, person.user_id)] if person.user_id else []
    with transaction.atomic():
        PrivacyReceipt.objects.bulk_create([asked], ignore_conflicts=True)
        asked_before = PrivacyReceipt.objects.select_for_update().filter(kind=PrivacyKind.ERASURE, digest=digest)
        receipt = asked_before.get(project_id=person.project_id)
        _add_pending(receipt, person)
        stones = [
            Erased(project_id=person.project_id, digest=one, receipt=receipt, requested_at=now)
            for one in sorted({digest, *digests})
        ]
        Erased.objects.bulk_create(stones, ignore_conflicts=True)
    return receipt


def _add_pending(receipt: PrivacyReceipt, person: Whose) -> None:
    """What has been linked since the first time it was asked is erased too."""
    if receipt.done_at is not None and not events_of(person).exists():
        return
    known = _person(receipt.pending) if receipt.pending else person
    merged = Whose(
        person.project_id,
        tuple(sorted({*known.visitor_ids, *person.visitor_ids})),
        known.user_id or person.user_id,
        tuple(sorted({*known.shared_ids, *person.shared_ids} - {*known.visitor_ids, *person.visitor_ids})),
    )
    receipt.pending, receipt.done_at = asdict(merged), None
    receipt.save(update_fields=["pending", "done_at"])


def erase(receipt: PrivacyReceipt, *, now: datetime, chunk: int = CHUNK) -> PrivacyReceipt:
    """Takes away what is there now. The last look, and the end of the ids, come a minute later."""
    if receipt.done_at is None:
        person = _person(receipt.pending)
        while _delete(receipt, "tracking.Event", DELETE_EVENTS, person, chunk):
            pass
        while _delete(receipt, "tracking.RejectedEvent", DELETE_REJECTED, person, chunk):
            pass
        _finish(receipt.pk, person, now)
    receipt.refresh_from_db()
    return receipt


def finish_erasures(now: datetime) -> int:
    """Goes on with everything that was begun; how many requests are done by it."""
    begun = PrivacyReceipt.objects.filter(kind=PrivacyKind.ERASURE, done_at=None).order_by("requested_at")
    return sum(_erase_safely(receipt, now) for receipt in begun)


def _erase_safely(receipt: PrivacyReceipt, now: datetime) -> bool:
    try:
        return erase(receipt, now=now).done_at is not None
    except OperationalError:
        raise
    except Exception:
        # The edge of the loop: one request that cannot be carried out stops no other, and is tried again.
        log.exception("erasure %s not finished", receipt.pk)
        return False


def _person(pending: dict[str, Any]) -> Whose:
    return Whose(pending["project_id"], tuple(pending["visitor_ids"]), pending["user_id"], tuple(pending["shared_ids"]))


def _delete(receipt: PrivacyReceipt, label: str, sql: str, person: Whose, chunk: int) -> int:
    """One chunk and the count of it in one transaction; 0 when there was nothing left."""
    values: dict[str, Any] = {
        "project": person.project_id,
        "visitors": list(person.visitor_ids),
        "user": person.user_id,
        "chunk": chunk,
    }
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql, values)
        gone = int(cursor.fetchone()[0]) if cursor.description else cursor.rowcount
        if gone:
            _count(receipt.pk, {label: gone})
    return gone


def _count(receipt_id: Any, more: dict[str, int]) -> None:
    row = PrivacyReceipt.objects.select_for_update().get(pk=receipt_id)
    row.counts = {**row.counts, **{label: row.counts.get(label, 0) + rows for label, rows in more.items() if rows}}
    row.save(update_fields=["counts"])


def _finish(receipt_id: Any, person: Whose, now: datetime) -> None:
    """Forgets the visitors themselves, once nothing more can come and every result has been counted without them."""
    with transaction.atomic():
        receipt = PrivacyReceipt.objects.select_for_update().get(pk=receipt_id)
        if receipt.done_at is not None or now < receipt.requested_at + GRACE:
            return
        # In the order in which rollups lock them. A mark that a rollup works off is there until it commits.
        visitors = _locked(visitors_of(person))
        if dues_of(person).exists() or events_of(person).exists() or rejected_of(person).exists():
            return
        persons = _locked(persons_of(person))
        Visitor.objects.filter(pk__in=visitors).delete()
        # Not before: without its mark a robot would be counted for as long as its events are not gone.
        marks, _each = marks_of(person).delete()
        kept = Person.objects.filter(pk__in=persons, visitors__isnull=False).values_list("pk", flat=True)
        with connection.cursor() as cursor:
            cursor.execute(DETACH, [sorted(set(persons) - set(kept))])
        gone = {"tracking.Visitor": len(visitors), "tracking.Person": len(persons), "tracking.VisitorMark": marks}
        _count(receipt_id, gone)
        PrivacyReceipt.objects.filter(pk=receipt_id).update(done_at=now, pending={})


def _locked(rows: QuerySet[Any]) -> Sequence[int]:
    return list(rows.select_for_update().values_list("pk", flat=True))
