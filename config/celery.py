"""Celery and the table of periodic jobs."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("microlift")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()

# Seconds between runs. A message that nobody took for long is dropped, since later ones do the same work; not at once,
# or a worker whose clock is some seconds ahead would drop them all.
LONGEST_WAIT = 60
EVERY = {
    "experiments.roll_up": 2,
    "experiments.compute_results": 3,
    "experiments.keep_schedule": 5,
    "experiments.refine": 15,
    "experiments.finalise": 600,
    "experiments.retry_set_aside": 3600,
    "tracking.fold_outcomes": 5,
    "tracking.finish_erasures": 60,
    "tracking.mark_programs": 60,
    "tracking.forget_rejected": 3600,
    "tracking.purge_expired": 86_400,
}
app.conf.beat_schedule = {
    name: {"task": name, "schedule": seconds, "options": {"expires": max(seconds, LONGEST_WAIT)}}
    for name, seconds in EVERY.items()
}
