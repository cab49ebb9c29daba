"""The admin of what happened: projects, keys, goals, and the people who may look."""

from tracking.admin import goals, keys, people, projects

__all__ = ["goals", "keys", "people", "projects"]
