"""The peer's web process: Django as its documentation starts it, and configuration kept fresh as ours keeps it."""

from django.core.wsgi import get_wsgi_application

application = get_wsgi_application()

from experiments.snapshot import SNAPSHOT  # noqa: E402  # needs Django's apps, which the line above loads
from tracking.access import KEYRING  # noqa: E402
from tracking.mirrors import keep_fresh  # noqa: E402

keep_fresh([KEYRING, SNAPSHOT], seconds=1)
