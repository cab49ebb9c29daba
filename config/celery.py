"""Celery and the table of periodic jobs."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("microlift")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()

# Seconds between runs. A message that waited longer than its period is dropped: the next one does the same work.
EVERY = {
    "experiments.roll_up": 2,
    "experiments.compute_results": 3,
    "experiments.finalise": 600,
}
app.conf.beat_schedule = {
    name: {"task": name, "schedule": seconds, "options": {"expires": seconds}} for name, seconds in EVERY.items()
}
