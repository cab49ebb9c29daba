"""Small tables kept in each process's memory and refreshed in the background: hot paths ask no database."""

import logging
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, Generic, TypeVar

from django.db import Error, connections

T = TypeVar("T")
log = logging.getLogger(__name__)


class Mirror(Generic[T]):
    """The last good value of ``load``. A failing reload keeps the value: old configuration beats none.

    ``get`` raises what ``load`` raises only while nothing was ever loaded.
    """

    def __init__(self, load: Callable[[], T]) -> None:
        self._load = load
        self._lock = threading.Lock()
        self._value: T | None = None

    def get(self) -> T:
        value = self._value
        if value is None:
            with self._lock:
                if self._value is None:
                    self._value = self._load()
                value = self._value
        return value

    @property
    def is_loaded(self) -> bool:
        return self._value is not None

    def reload(self) -> None:
        self._value = self._load()

    def forget(self) -> None:
        self._value = None


def _refresh(mirror: Mirror[Any]) -> None:
    try:
        mirror.reload()
    except Error as error:
        log.warning("configuration not refreshed, the last one stays: %s", error)
    except Exception:
        # The edge of the loop: whatever went wrong, the last value stays and the next round tries again.
        log.exception("configuration not refreshed, the last one stays")
    finally:
        with suppress(Error):
            connections.close_all()


def keep_fresh(mirrors: Sequence[Mirror[Any]], *, seconds: float) -> None:
    """Reload every mirror each ``seconds``, for ever, in one daemon thread of this process."""

    def work() -> None:
        while True:
            for mirror in mirrors:
                _refresh(mirror)
            time.sleep(seconds)

    threading.Thread(target=work, name="mirrors", daemon=True).start()
