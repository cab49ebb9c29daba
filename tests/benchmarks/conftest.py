"""One installation and one server of ours for all benchmarks that ask over HTTP."""

import json
import subprocess
import sys

import pytest

from config import household, places
from tests.benchmarks.serving.load import granian
from tests.house import running_house


@pytest.fixture(scope="session")
def house():
    with running_house(start=()) as house:
        yield house


@pytest.fixture(scope="session")
def environ(house):
    return household.environment(house.data, "web", house.environ)


@pytest.fixture(scope="session")
def keys(environ):
    """By scene, its client key."""
    program = [sys.executable, "-m", "tests.benchmarks.serving.prepare"]
    settings = {**environ, "DJANGO_SETTINGS_MODULE": "config.settings"}
    done = subprocess.run(program, env=settings, cwd=places.CODE, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


@pytest.fixture(scope="session")
def product(environ, keys):
    with granian("config.wsgi:application", environ) as server:
        yield server
