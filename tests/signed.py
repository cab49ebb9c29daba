"""Links that were signed a while ago."""

import time
from collections.abc import Callable
from typing import TypeVar
from unittest.mock import patch

Signed = TypeVar("Signed")


def aged(hours: float, sign: Callable[[], Signed]) -> Signed:
    """What ``sign`` would have made so many hours ago. Only the clock of Django's signing is turned back."""
    then = time.time() - hours * 3600
    with patch("django.core.signing.time.time", return_value=then):
        return sign()
