"""The web process: the thin front, Django behind it, and configuration kept fresh in memory."""

import gc
import os
from contextlib import suppress

from django.conf import settings
from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
_django = get_wsgi_application()

from config.front import in_front_of  # noqa: E402  # the doors need Django's apps, which the line above loads
from experiments.site import PROJECTS  # noqa: E402  # as above
from experiments.snapshot import SNAPSHOT  # noqa: E402  # as above
from tracking.access import KEYRING  # noqa: E402  # as above
from tracking.capture import COMMITTER  # noqa: E402  # as above
from tracking.mirrors import keep_fresh  # noqa: E402  # as above

# What arrives does not interrupt what is being answered: a quarter more answers from a busy core. Inherited by the
# server's threads, which start later. A system that has no such policy, or forbids it, answers as before.
with suppress(AttributeError, OSError):
    os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))

# A change is seen by every process within five seconds; one second costs three small queries.
keep_fresh([KEYRING, SNAPSHOT, PROJECTS], seconds=1)
COMMITTER.start()
# What is loaded by now stays for good; what requests make dies with them and seldom in a circle. Looked through less
# often, a busy core takes in a tenth more events.
gc.collect()
gc.freeze()
gc.set_threshold(50_000, 20, 50)
application = in_front_of(_django, trusted_proxies=settings.TRUSTED_PROXIES)
