"""Two projects furnished alike, of which one must not know the other."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection
from django.utils import timezone

from experiments import lifecycle
from experiments.models import Holdout, Namespace, SavedGroup
from tests.factories import make_experiment, make_goal, make_key, make_project
from tracking import marks
from tracking.capture import capture
from tracking.marks import Decision
from tracking.models import Mark, PageInventory, Project, RejectedEvent, Trigger, VisitorMark
from tracking.privacy.erasing import erase_person
from tracking.publishing import publish
from tracking.tenancy import paths
from tracking.wire.native import IncomingEvent

# No other row has a number as large, so it can be looked for in a page.
FAR = 77_700_000


@contextmanager
def far_ids() -> Iterator[None]:
    """Rows made meanwhile have ids of their own kind."""
    tables = [model._meta.db_table for model in paths() if model._meta.pk.get_internal_type() == "BigAutoField"]
    with connection.cursor() as cursor:
        places = {}
        for table in tables:
            cursor.execute("SELECT pg_get_serial_sequence(%s, 'id')", [table])
            (name,) = cursor.fetchone()
            cursor.execute("SELECT nextval(%s)", [name])
            (places[name],) = cursor.fetchone()
            cursor.execute("SELECT setval(%s, %s)", [name, FAR])
        yield
        for name, place in places.items():
            cursor.execute("SELECT setval(%s, %s)", [name, place])


def furnished(word: str) -> tuple[Project, dict[str, Any]]:
    """A project, and by the name of each table the id of one of its rows. ``word`` is in every name and key."""
    project, now, named = make_project(f"{word}-shop"), timezone.now(), {"key": word, "name": f"{word} thing"}
    key, token = make_key(project, "client", name=f"{word} pages", origins=[f"https://{word}.example"])
    buy = make_goal(project, f"{word}-buy", level="macro", event=f"{word}_bought")
    namespace = Namespace.objects.create(project=project, **named)
    draft = make_experiment(project, f"{word}-draft", goals=[buy], hypothesis=f"{word} sells", namespace=namespace)
    live = make_experiment(project, f"{word}-live", goals=[buy])
    lifecycle.start(live, at=now)
    trigger = Trigger.objects.create(
        project=project, kind="click", params={"selector": f"#{word}"}, event=f"{word}_click", **named
    )
    publish(project.pk, author=f"{word} author")
    trigger.event = f"{word}_other_click"  # so that something waits to be published
    trigger.save()
    group = SavedGroup.objects.create(project=project, values=[f"{word}-customer"], **named)
    holdout = Holdout.objects.create(project=project, share=0.05, seed=f"{word}seed")
    marks.make(project.pk, f"{word}-robot", Decision(Mark.BOT, f"{word} reason", f"{word} author"), at=now)
    events = [IncomingEvent(f"{word}-1", f"{word}_click", f"{word}-ann", "", now, {"of": word}, {}, "")]
    capture(project.pk, events, "client")
    refused = RejectedEvent.objects.create(
        project=project, received_at=now, reason="no_id", detail=f"{word} detail", name=word
    )
    page = PageInventory.objects.create(project=project, path=f"/{word}", items=[], seen_at=now)
    receipt = erase_person(project.pk, visitor_id=f"{word}-gone", asked_by=f"{word} asker", now=now)
    return project, {
        "project": project.pk, "key": key.pk, "goal": buy.pk, "namespace": namespace.pk, "experiment": draft.pk,
        "live": live.pk, "trigger": trigger.pk, "savedgroup": group.pk, "holdout": holdout.pk, "token": token,
        "visitormark": VisitorMark.objects.get(project=project).pk, "rejectedevent": refused.pk,
        "pageinventory": page.pk, "privacyreceipt": receipt.pk,
    }  # fmt: skip


def rows_of(project: Project) -> dict[str, list[Any]]:
    """Everything that is in it, as it stands."""
    return {
        model._meta.label: list(model._base_manager.filter(**{path: project.pk}).order_by("pk").values_list())
        for model, path in paths().items()
    }
