"""The tables of what happened: projects and their keys, events and people, goals and triggers."""

from tracking.models.events import Due, Event, Person, Visitor
from tracking.models.goals import Category, Desired, Goal, Level, Stage, measure_choices
from tracking.models.naming import EVENT_NAME, LONGEST_ID, LONGEST_NAME, SLUG
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
    "Event",
    "Goal",
    "Key",
    "KeyKind",
    "Level",
    "PageInventory",
    "Person",
    "Project",
    "Scope",
    "Stage",
    "Trigger",
    "TriggerVersion",
    "Visitor",
    "measure_choices",
]
