"""The tables of what happened: projects and their keys, events and people, goals and triggers."""

from tracking.models.events import Due, Event, EventName, Person, Visitor
from tracking.models.goals import Category, Desired, Goal, Level, Stage, measure_choices
from tracking.models.marks import LookedAt, Mark, VisitorMark
from tracking.models.naming import EVENT_NAME, LONGEST_ID, LONGEST_NAME, SLUG
from tracking.models.outcomes import OutcomeCount, OutcomeDelta, RejectedEvent
from tracking.models.privacy import Erased, PrivacyKind, PrivacyReceipt
from tracking.models.projects import Key, KeyKind, Project, Scope
from tracking.models.triggers import PageInventory, Trigger, TriggerVersion

__all__ = [
    "EVENT_NAME",
    "LONGEST_ID",
    "LONGEST_NAME",
    "SLUG",
    "Category",
    "Desired",
    "Due",
    "Erased",
    "Event",
    "EventName",
    "Goal",
    "Key",
    "KeyKind",
    "Level",
    "LookedAt",
    "Mark",
    "OutcomeCount",
    "OutcomeDelta",
    "PageInventory",
    "Person",
    "PrivacyKind",
    "PrivacyReceipt",
    "Project",
    "RejectedEvent",
    "Scope",
    "Stage",
    "Trigger",
    "TriggerVersion",
    "Visitor",
    "VisitorMark",
    "measure_choices",
]
