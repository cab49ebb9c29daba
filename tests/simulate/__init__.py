"""What the statistics do when the truth is known: ``python -m tests.simulate``, or ``make simulate``."""

import os

import django
from django.apps import apps

# Rows and plans live beside models; no database is asked.
if not apps.ready:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
