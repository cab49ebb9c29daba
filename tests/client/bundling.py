"""The browser client's modules, bundled as its build does it, with a program of the test's own around them."""

import shutil
import subprocess
from pathlib import Path

CLIENT = Path(__file__).resolve().parents[2] / "tracking" / "client"


def bundle(program: str, *options: str) -> str:
    """``program`` is TypeScript beside ``tracking/client/src``: it imports ``./decide`` and the like."""
    esbuild = CLIENT / "node_modules" / ".bin" / "esbuild"
    assert esbuild.exists(), "the browser client's build is not installed: make client-deps"
    done = subprocess.run(
        [esbuild, "--bundle", "--target=es2018", "--loader=ts", "--mangle-props=_$", *options],
        cwd=CLIENT / "src",
        input=program,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def node() -> str:
    found = shutil.which("node")
    assert found, "node is not installed"
    return found
