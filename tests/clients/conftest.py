"""Other people's clients, as they are published, against a real server: granian, in a folder of its own."""

import json
import subprocess
from collections.abc import Callable, Iterator, Mapping
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from tests.browser.conftest import browser, page, profile
from tests.clients.site import Site
from tests.house import House, running_house

__all__ = ["browser", "page", "profile"]

HERE = Path(__file__).parent
_numbers = count(1)


@pytest.fixture(scope="session")
def house() -> Iterator[House]:
    with running_house(start=["web"]) as running:
        yield running


@pytest.fixture(scope="module")
def site(house: House) -> Site:
    """A project of this module's own."""
    return Site.new(house, f"Clients {next(_numbers)}")


@pytest.fixture(scope="session")
def modules() -> Path:
    """Where npm has put the clients."""
    folder = HERE / "node_modules"
    assert folder.is_dir(), "the JavaScript clients are not installed: make clients"
    return folder


@pytest.fixture(scope="session")
def node(modules: Path) -> Callable[..., Any]:
    """``node("openfeature", order)``: what the script beside us answers to this order, both JSON."""

    def ask(script: str, order: Mapping[str, Any], *, seconds: float = 60) -> Any:
        done = subprocess.run(
            ["node", f"{script}.mjs"],
            cwd=HERE,
            input=json.dumps(order),
            capture_output=True,
            text=True,
            check=False,
            timeout=seconds,
        )
        assert done.returncode == 0, done.stderr[-3000:]
        return json.loads(done.stdout)

    return ask


@pytest.fixture(scope="session")
def web_bundle(modules: Path, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """OpenFeature's web SDK and its OFREP provider as one script, as an application would bundle them."""
    made = tmp_path_factory.mktemp("bundle") / "openfeature.js"
    command = [str(modules / ".bin/esbuild"), "openfeature_web.mjs", "--bundle", "--format=iife", f"--outfile={made}"]
    done = subprocess.run(command, cwd=HERE, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return made.read_bytes()
