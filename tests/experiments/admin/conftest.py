"""Every test here is a marketer at the admin."""

from tests.adminsite import admin, in_english, project

__all__ = ["admin", "in_english", "project"]
