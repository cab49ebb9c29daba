"""What is committed is what the sources make, and no page has to load more of it than was promised."""

import gzip
import re
import shutil
import subprocess

import pytest

from experiments.api.client import DIST
from tests.client.bundling import CLIENT, node

# Bytes, as in build.mjs.
CORE, TOGETHER, DEBUG = 6_144, 20_992, 20_480
SCRIPTS = sorted(path.name for path in DIST.glob("*.js"))


def size(name):
    return len(gzip.compress((DIST / name).read_bytes(), 9))


def check(folder):
    return subprocess.run(
        [node(), "build.mjs", "--check"], cwd=folder, capture_output=True, text=True, check=False, timeout=60
    )


def test_what_every_page_loads_is_small():
    assert size("client.js") <= CORE


def test_all_that_a_page_may_ever_load_is_small():
    assert sum(size(name) for name in SCRIPTS if name != "debug.js") <= TOGETHER
    assert size("debug.js") <= DEBUG


def test_what_is_committed_is_what_the_sources_make():
    done = check(CLIENT)

    assert done.returncode == 0, done.stderr


def test_a_build_that_was_forgotten_is_found_out(tmp_path):
    copy = tmp_path / "client"
    shutil.copytree(CLIENT, copy, ignore=shutil.ignore_patterns("node_modules"))
    (copy / "node_modules").symlink_to(CLIENT / "node_modules")
    with (copy / "src" / "parts" / "preview.ts").open("a") as source:
        source.write("\ndocument.title = 'changed';\n")

    done = check(copy)

    assert done.returncode == 1
    assert "dist/preview.js is not what src/ makes" in done.stderr


# What the build does not lower, since it is no syntax: calls that browsers of 2018 do not have.
YOUNGER = re.compile(
    r"\.(?:flat|flatMap|at|replaceAll|matchAll|findLast|toSorted|allSettled)\("
    r"|Object\.(?:fromEntries|hasOwn|groupBy)|structuredClone|globalThis|\beval\b|new Function|\binnerHTML\b"
)


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_script_needs_no_browser_younger_than_2018_and_runs_no_text_as_code(name):
    assert not YOUNGER.search((DIST / name).read_text())
