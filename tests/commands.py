"""Management commands as a terminal sees them."""

from collections.abc import Callable
from typing import Any

import pytest
from django.core.management import call_command


def running(name: str, capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[Any, str]]:
    """``run(*arguments)``: exit status and what was printed."""

    def run(*arguments: str) -> tuple[Any, str]:
        try:
            call_command(name, *arguments)
        except SystemExit as end:
            return end.code, capsys.readouterr().out
        return 0, capsys.readouterr().out

    return run
