"""One pair of real servers for the whole run, in a folder of its own; every xdist worker has its own database there."""

import os
import shutil
import tempfile
from contextlib import ExitStack
from pathlib import Path

import pytest
from django.conf import settings

from config import embedded

RUN = ExitStack()
BENCHMARKS = Path(__file__).parent / "benchmarks"


def pytest_configure(config: pytest.Config) -> None:
    if "PYTEST_XDIST_WORKER" not in os.environ:  # a worker inherits what the controller has set
        os.environ["MICROLIFT_ENV"] = "local"
        os.environ["MICROLIFT_DATA_DIR"] = tempfile.mkdtemp(prefix="microlift-tests-")
        data = Path(os.environ["MICROLIFT_DATA_DIR"])
        (data / "static").mkdir()
        RUN.callback(shutil.rmtree, data, ignore_errors=True)
        RUN.enter_context(embedded.servers(data))
        config.add_cleanup(RUN.close)
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
    # Tests ask faster than anybody may, in whole installations too; those of the limits give their keys one.
    os.environ["REQUESTS_A_MINUTE"] = "0"
    # Half a second for each password is right for people, and wasted on those of tests.
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    # The manifest is written by collectstatic, which only running installations need.
    settings.STORAGES["staticfiles"]["BACKEND"] = "django.contrib.staticfiles.storage.StaticFilesStorage"


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Benchmarks run when asked for by path, alone and in order."""
    asked = any("benchmarks" in argument for argument in config.args)
    return True if collection_path == BENCHMARKS and not asked else None


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files that need patience come first: begun last, one of them would keep a single worker busy for minutes."""
    patience: dict[Path, float] = {}
    for item in items:
        marker = item.get_closest_marker("timeout")
        patience[item.path] = max(patience.get(item.path, 0), marker.args[0] if marker else 0)
    items.sort(key=lambda item: -patience[item.path])


def pytest_make_parametrize_id(val: object) -> str | None:
    """Compressed bytes carry the time of day: two xdist workers would call one test by two names."""
    return "bytes" if isinstance(val, bytes) else None


@pytest.fixture(scope="session")
def shared() -> Path:
    """Data and reference vectors that are kept beside the checkout."""
    beside = Path(__file__).resolve().parent.parent.parent / "shared"
    folder = Path(os.environ.get("MICROLIFT_SHARED") or beside)
    if not folder.is_dir():
        reason = f"NOT TESTED: {folder} is missing (MICROLIFT_SHARED names another place)"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    return folder
