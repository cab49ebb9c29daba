"""From what was proposed to goals and triggers: made together, and published when asked."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils.translation import gettext, ngettext

from tracking.drafts import LONGEST_NAME, Draft, GoalDraft, TriggerDraft
from tracking.models import Goal, Level, Project, Trigger, TriggerVersion
from tracking.naming import key_for
from tracking.proposing import KnownGoal
from tracking.publishing import entry_of, publish
from tracking.triggers import MOST_TRIGGERS, TRIGGER_KINDS, complaints, with_defaults

CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Accepted:
    """``triggers``: the new ones. ``version``: what was published; None where nothing had to be."""

    goals: tuple[Goal, ...]
    triggers: tuple[Trigger, ...]
    version: TriggerVersion | None = None


class TooManyTriggers(ValueError):
    """Pages are sent so many triggers and no more."""


def known_goals(project_id: int) -> list[KnownGoal]:
    rows = Goal.objects.filter(project_id=project_id).values_list("event", "selector")
    return [KnownGoal(event, selector) for event, selector in rows]


def known_triggers(project_id: int) -> list[dict[str, object]]:
    """Every working copy, in use or not: one that somebody has switched off is not proposed again."""
    return [entry_of(row) for row in Trigger.objects.filter(project_id=project_id)]


def accept(
    project: Project, drafts: Sequence[Draft], *, author: str, go_live: bool, worth: Decimal | None = None
) -> Accepted:
    """Makes what is not there yet. ``go_live``: pages follow the new triggers at once, and no other drafts.

    ``worth``: of one of the goals that pay, in the project's currency; small steps are worth their share.
    Raises ``TooManyTriggers``; then nothing is made.
    """
    with transaction.atomic():
        Project.objects.select_for_update(no_key=True).get(pk=project.pk)
        triggers = _make_triggers(project, drafts)
        goals = _make_goals(project, [draft.goal for draft in drafts], worth)
        keys = [trigger.key for _is_new, trigger in triggers]
        note = ngettext("%(count)s goal added", "%(count)s goals added", len(goals)) % {"count": len(goals)}
        version = publish(project.pk, author=author, note=note, only=keys) if go_live and keys else None
    return Accepted(tuple(goals), tuple(trigger for is_new, trigger in triggers if is_new), version)


def _make_triggers(project: Project, drafts: Sequence[Draft]) -> list[tuple[bool, Trigger]]:
    """One for each that is wanted, and whether it is new. One that hears the same already serves again."""
    known = {_meaning(row.kind, row.event, row.params, row.conditions): row for row in project.triggers.all()}
    taken = {row.key for row in known.values()}
    found: dict[str, tuple[bool, Trigger]] = {}
    for draft in drafts:
        for place, wanted in enumerate(draft.triggers):
            params = with_defaults(wanted.kind, wanted.params)
            meaning = _meaning(wanted.kind, wanted.event, params, wanted.conditions)
            row = known.get(meaning)
            if row is None:
                row = known[meaning] = _make_trigger(project, draft.goal, wanted, taken, place)
                taken.add(row.key)
                found[meaning] = (True, row)
            else:
                found.setdefault(meaning, (False, row))
    if len(taken) > MOST_TRIGGERS:
        raise TooManyTriggers(gettext("A project may have %(most)s triggers.") % {"most": MOST_TRIGGERS})
    return list(found.values())


def _meaning(kind: str, event: str, params: Mapping[str, Any], conditions: Iterable[Mapping[str, Any]]) -> str:
    details = with_defaults(kind, params) if kind in TRIGGER_KINDS else dict(params)
    # The database keeps names in an order of its own, and the admin writes out what is not negated.
    listed = [sorted({"not": False, **one}.items()) for one in conditions]
    return repr((kind, event, sorted(details.items()), listed))


def _make_trigger(
    project: Project, goal: GoalDraft, wanted: TriggerDraft, taken: Collection[str], place: int
) -> Trigger:
    name = goal.name.spoken(gettext) if wanted.event else gettext(_shared_name(wanted.kind))
    name = (f"{name} ({place + 1})" if place else name)[:LONGEST_NAME]
    params = with_defaults(wanted.kind, wanted.params)
    assert not complaints(wanted.kind, params), (wanted, complaints(wanted.kind, params))
    return Trigger.objects.create(
        project=project,
        key=key_for((wanted.event or wanted.kind).replace("_", "-"), taken=taken, otherwise="trigger"),
        name=name,
        kind=wanted.kind,
        event=wanted.event,
        params=params,
        conditions=[dict(one) for one in wanted.conditions],
    )


def _shared_name(kind: str) -> str:
    names = {
        "contact_click": "Calls, e-mails and maps",
        "media_progress": "Videos and audio",
        "download": "Downloads",
        "share": "Shared pages",
        "site_search": "Searches",
        "read_to_end": "Pages read to the end",
    }
    return names.get(kind, kind.replace("_", " ").capitalize())


def _make_goals(project: Project, wanted: Sequence[GoalDraft], worth: Decimal | None) -> list[Goal]:
    """Those that ask something new. Small steps lead to the goal that pays, where there is just one."""
    rows = list(project.goals.all())
    taken = {row.key for row in rows}
    asked = {(row.event, row.measure) for row in rows if not row.conditions}
    made = []
    for draft in sorted(wanted, key=lambda one: one.level != "macro"):
        question = (draft.event, draft.measure)
        if question in asked:
            continue
        goal = _make_goal(project, draft, taken, worth)
        taken.add(goal.key)
        asked.add(question)
        made.append(goal)
    pays = [goal for goal in (*rows, *made) if goal.level == Level.MACRO]
    small = [goal.pk for goal in made if goal.level == Level.MICRO]
    if len(pays) == 1 and small:
        Goal.objects.filter(pk__in=small).update(leads_to=pays[0])
    return made


def _make_goal(project: Project, draft: GoalDraft, taken: Collection[str], worth: Decimal | None) -> Goal:
    name = draft.name.spoken(gettext)[:LONGEST_NAME]
    share = None if draft.share is None or worth is None else Decimal(str(draft.share)) * worth
    return Goal.objects.create(
        project=project,
        key=key_for(draft.event.replace("_", "-"), taken=taken, otherwise="goal"),
        name=name,
        event=draft.event,
        level=draft.level,
        category=draft.category,
        stage=draft.stage,
        measure=draft.measure,
        property=draft.adds_up,
        currency=project.currency if draft.adds_up == "value" else "",
        weight=None if share is None else share.quantize(CENT),
    )
