"""GrowthBook's own cases (its SDK specification 0.8.0), which are kept beside the checkout."""

import json
import os
from functools import cache
from pathlib import Path
from typing import Any

import pytest

BESIDE = Path(__file__).resolve().parent.parent.parent / "shared"


@cache
def growthbook() -> dict[str, Any]:
    """All sections; where they are missing, CI fails and a laptop skips the whole file and says so."""
    path = Path(os.environ.get("MICROLIFT_SHARED") or BESIDE) / "vectors" / "growthbook_cases.json"
    if path.is_file():
        cases: dict[str, Any] = json.loads(path.read_text())
        return cases
    reason = f"NOT TESTED: {path} is missing (MICROLIFT_SHARED names another place)"
    if os.environ.get("CI") == "true":
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason, allow_module_level=True)


def named(section: str) -> list[Any]:
    """The cases of a section whose first entry is their name, to be given to ``parametrize`` without it."""
    return [pytest.param(*case, id=name) for name, *case in growthbook()[section]]
