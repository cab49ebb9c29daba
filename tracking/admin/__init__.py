"""The admin of what happened: projects, keys, goals, and the people who may look."""

from tracking.admin import goals, keys, offers_admin, people, projects, triggers

__all__ = ["goals", "keys", "offers_admin", "people", "projects", "triggers"]
