"""Wiring only: settings, addresses, the web front, Celery."""
