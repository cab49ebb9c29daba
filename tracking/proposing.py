"""Goals found and not configured, pure: from what pages hold to goals and triggers, the most telling first.

What people mean to do is proposed once, however many pages and copies of a button it takes.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from tracking.aiming import clicks, forms, on_pages
from tracking.drafts import Draft, GoalDraft, Said, TriggerDraft
from tracking.form_intents import PURCHASE, intent_of_form, intent_of_page, is_article
from tracking.intents import Intent, intent_of_click
from tracking.items import Item, Page
from tracking.triggers import LONGEST_TEXT, complaints, with_defaults

# Kinds of triggers that hear the same thing wherever it is; their usual events serve several goals.
EVERYWHERE: dict[str, tuple[Intent, TriggerDraft]] = {
    "phone": (Intent("phone_click", Said("Called"), "relationship", "decision"), TriggerDraft("contact_click")),
    "email": (
        Intent("email_click", Said("Wrote an e-mail"), "relationship", "decision"),
        TriggerDraft("contact_click"),
    ),
    "map": (Intent("map_click", Said("Looked up the way"), "relationship", "decision"), TriggerDraft("contact_click")),
    "download": (Intent("file_download", Said("Downloaded a file"), "content"), TriggerDraft("download")),
    "share": (Intent("share", Said("Shared a page"), "social"), TriggerDraft("share")),
    "video": (Intent("video_start", Said("Played a video or audio"), "content"), TriggerDraft("media_progress")),
    "search": (Intent("view_search_results", Said("Searched the site")), TriggerDraft("site_search")),
    "outbound": (
        Intent("outbound_click", Said("Went to another site"), "navigation", "awareness"),
        TriggerDraft("outbound_click", "outbound_click"),
    ),
}
READ = Intent("read_to_end", Said("Read an article to its end"), "content", "consideration")
SHOPS = {"add_to_cart", "view_cart", "begin_checkout", "checkout_form_start"}
STAGES = {"decision": 30, "consideration": 20, "retention": 15, "awareness": 10}
WHY = {
    "macro": Said("It pays: whoever does this becomes a customer, or asks to be one."),
    "decision": Said("A step close to the goal that pays."),
    "consideration": Said("Whoever does this is interested."),
    "retention": Said("A sign that people stay or come back."),
    "awareness": Said("A first sign of interest."),
    "other": Said("Also on your pages. You know best whether it matters."),
}


@dataclass(frozen=True, slots=True)
class Proposal:
    """``rank`` from 1. ``text``: what stands on the element; ``kind``: of what it is, ``page`` for coming to one."""

    rank: int
    draft: Draft
    why: Said
    pages: tuple[str, ...]
    kind: str
    text: str = ""

    @property
    def id(self) -> str:
        """The same for as long as the same is meant."""
        return self.draft.goal.event


@dataclass(frozen=True, slots=True)
class KnownGoal:
    event: str
    selector: str = ""


@dataclass(frozen=True, slots=True)
class _Sight:
    """How one thing that people mean to do was found: ``way`` is the kind of trigger that would hear it."""

    intent: Intent
    way: str
    page: Page
    item: Item


def proposals(
    pages: Sequence[Page], goals: Iterable[KnownGoal], triggers: Iterable[Mapping[str, Any]]
) -> list[Proposal]:
    """Ranked. What a goal or a trigger covers already is left out."""
    sights = [sight for page in pages for sight in _sights(page)]
    by_event: dict[str, list[_Sight]] = defaultdict(list)
    for sight in sights:
        by_event[sight.intent.event].append(sight)
    if not by_event.keys() & SHOPS:
        # A page of thanks without a shop is reached by a form, which is proposed itself.
        by_event[PURCHASE.event] = [one for one in by_event[PURCHASE.event] if one.way != "page_view"]
    others = _meanings(pages)
    made = [_proposal(found, others) for found in by_event.values() if found]
    covered = _Covered(list(goals), list(triggers))
    ranked = sorted((one for one in made if not covered.has(one) and _can_be_made(one)), key=_order)
    return [replace(one, rank=place) for place, one in enumerate(ranked, 1)]


def _can_be_made(proposal: Proposal) -> bool:
    """What a page reports is a stranger's: a selector may be none."""
    return not any(complaints(one.kind, with_defaults(one.kind, one.params)) for one in proposal.draft.triggers)


def _sights(page: Page) -> Iterable[_Sight]:
    intent = intent_of_page(page.path)
    if intent is not None:
        yield _Sight(intent, "page_view", page, Item("link"))
    if is_article(page.path):
        yield _Sight(READ, "read_to_end", page, Item("link"))
    for item in page.items:
        for intent, way in _wishes(item, page.path):
            yield _Sight(intent, way, page, item)


def _wishes(item: Item, path: str) -> Iterable[tuple[Intent, str]]:
    """What one thing is there for, each with the kind of trigger that hears it."""
    if item.kind == "form":
        meant = intent_of_form(item, path)
        yield meant.sent, "form_submit"
        if meant.start is not None:
            yield meant.start, "form_start"
        return
    clicked = intent_of_click(item)
    # A messenger's address is a way to talk to us, and not another site.
    chats = item.kind == "outbound" and clicked is not None and clicked.event == "chat_open"
    if item.kind in EVERYWHERE and not chats:
        shared, trigger = EVERYWHERE[item.kind]
        yield shared, trigger.kind
    elif clicked is not None:
        yield clicked, "click"


def _meanings(pages: Sequence[Page]) -> dict[str, set[str]]:
    """By selector, what is meant by it anywhere: one that means several things says nothing."""
    found: dict[str, set[str]] = defaultdict(set)
    for page in pages:
        for item in page.items:
            if item.kind == "form":
                meaning = intent_of_form(item, page.path).sent.event
            else:
                clicked = intent_of_click(item)
                meaning = clicked.event if clicked else ""
            found[item.selector].add(meaning)
    return found


# Where one thing was found in several ways, the one that hears it most surely.
WAYS = ("page_view", "form_start", "form_submit", "click")


def _proposal(found: list[_Sight], others: Mapping[str, set[str]]) -> Proposal:
    ways = {sight.way for sight in found}
    shared = ways - set(WAYS)
    way = min(shared) if shared else min(ways, key=WAYS.index)
    heard = [sight for sight in found if sight.way == way]
    # The plainest wish decides what it is called.
    intent = max((sight.intent for sight in heard), key=lambda one: (one.known, one.level == "macro"))
    goal = GoalDraft(intent.name, intent.event, intent.level, intent.category, intent.stage)
    pages = tuple(dict.fromkeys(sight.page.path for sight in heard))
    first = max(heard, key=lambda sight: (bool(sight.item.text), sight.page.reports))
    why = WHY["macro" if intent.level == "macro" else intent.stage if intent.known else "other"]
    kind = {"page_view": "page", "read_to_end": "article"}.get(way, first.item.kind)
    rank = _score(intent, sum(sight.page.reports for sight in heard))
    return Proposal(-rank, Draft(goal, _triggers(way, heard, others)), why, pages, kind, first.item.text)


def _score(intent: Intent, reports: int) -> int:
    # How often it was found decides only among equals.
    return 1000 * (100 * (intent.level == "macro") + 50 * intent.known + STAGES[intent.stage]) + min(reports, 999)


def _order(one: Proposal) -> tuple[int, str]:
    return one.rank, one.id


def _triggers(way: str, heard: list[_Sight], others: Mapping[str, set[str]]) -> tuple[TriggerDraft, ...]:
    event = heard[0].intent.event
    found = [(sight.item, sight.page.path) for sight in heard]
    if way == "click":
        ambiguous = {selector for selector, meanings in others.items() if len(meanings) > 1}
        return clicks(event, found, ambiguous)
    if way in {"form_submit", "form_start"}:
        ambiguous = {selector for selector, meanings in others.items() if len(meanings) > 1}
        return forms(way, event, found, ambiguous)
    if way == "page_view":
        return (TriggerDraft(way, event, {}, on_pages([path for _item, path in found])),)
    if way == "read_to_end":
        folders = [f"{path.rpartition('/')[0]}/*" for _item, path in found]
        return (TriggerDraft(way, "", {}, on_pages(folders)),)
    trigger = next(one for _intent, one in EVERYWHERE.values() if one.kind == way)
    return (replace(trigger, params=_search_names(found)),) if way == "site_search" else (trigger,)


def _search_names(found: Iterable[tuple[Item, str]]) -> dict[str, Any]:
    """The parameters in which this site's own forms say what was searched."""
    names = [one.rpartition(":")[0] for item, _path in found for one in item.typed]
    plain = list(dict.fromkeys(name for name in names if name.isidentifier()))
    while len(", ".join(plain[:10])) > LONGEST_TEXT:
        plain.pop(0)
    return {"parameters": ", ".join(plain[:10])} if plain else {}


class _Covered:
    """What there is already, published or not: nobody needs it twice."""

    def __init__(self, goals: list[KnownGoal], triggers: list[Mapping[str, Any]]) -> None:
        self.events = {goal.event for goal in goals}
        self.clicked = {goal.selector for goal in goals if goal.selector}
        self.told = {str(one.get("event")) for one in triggers if one.get("event")}
        self.aimed = {
            (one["kind"], one["params"].get("selector"))
            for one in triggers
            if not one.get("conditions") and one.get("params", {}).get("selector")
        }

    def has(self, proposal: Proposal) -> bool:
        goal, triggers = proposal.draft.goal, proposal.draft.triggers
        if goal.event in self.events:
            return True
        if any(trigger.event and trigger.event in self.told for trigger in triggers):
            return True
        return any(self._aims(trigger) for trigger in triggers)

    def _aims(self, trigger: TriggerDraft) -> bool:
        parts = [part.strip() for part in str(trigger.params.get("selector", "")).split(",")]
        return any(
            (trigger.kind, part) in self.aimed or (trigger.kind == "click" and part in self.clicked)
            for part in parts
            if part
        )
