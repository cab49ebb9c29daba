"""One person's data: what there is, a copy of it, its end; and the end of all data that has become too old."""

from tracking.privacy import erasing, exporting, retention, tables

__all__ = ["erasing", "exporting", "retention", "tables"]
