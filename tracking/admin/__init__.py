"""The admin of what happened: projects, keys, goals, and the people who may look."""

from tracking.admin import arrivals, goals, keys, marks, offers_admin, people, privacy, projects, triggers

__all__ = ["arrivals", "goals", "keys", "marks", "offers_admin", "people", "privacy", "projects", "triggers"]
