"""The kinds of triggers, their details, and the words of conditions: the same in Python and in the browser."""

import json
import re
import subprocess
from pathlib import Path

import pytest

from tracking.triggers import OPERATORS, SOURCES, SUBJECTS, TRIGGER_KINDS

CLIENT = Path(__file__).resolve().parents[2] / "tracking" / "client"
NAMES = """
globalThis.location = {pathname: "/", href: "http://shop.test/"};
const esbuild = await import("esbuild");
const source = `
  import { KINDS } from "./src/triggers/kinds";
  import { OPERATORS, SUBJECTS } from "./src/triggers/conditions";
  import { SOURCES } from "./src/triggers/capture";
  export const names = { KINDS, OPERATORS, SUBJECTS, SOURCES };`;
const { outputFiles } = await esbuild.build({
  stdin: { contents: source, resolveDir: process.cwd(), loader: "ts" }, bundle: true, write: false, format: "esm",
});
const { names } = await import("data:text/javascript;base64," + Buffer.from(outputFiles[0].text).toString("base64"));
const keys = Object.entries(names).map(([name, table]) => [name, Object.keys(table)]);
console.log(JSON.stringify(Object.fromEntries(keys)));
"""


@pytest.fixture(scope="module")
def names():
    command = ["node", "--input-type=module", "-e", NAMES]
    done = subprocess.run(command, cwd=CLIENT, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return {name: set(keys) for name, keys in json.loads(done.stdout).items()}


def test_the_kinds_are_the_same(names):
    assert names["KINDS"] == set(TRIGGER_KINDS)


def test_the_words_of_conditions_and_properties_are_the_same(names):
    # These two are answered before the tables are asked.
    assert names["OPERATORS"] | {"matches"} == set(OPERATORS)
    assert names["SUBJECTS"] | {"selector"} == set(SUBJECTS)
    assert names["SOURCES"] == set(SOURCES)


@pytest.mark.parametrize(
    ("kind", "param"), [(kind, param.name) for kind, one in TRIGGER_KINDS.items() for param in one.params]
)
def test_every_detail_is_read_by_the_browser(kind, param):
    sources = "".join(path.read_text() for path in (CLIENT / "src" / "triggers").glob("*.ts"))
    sources += (CLIENT / "src" / "parts" / "media.ts").read_text()

    assert re.search(rf"\b{param}\b", sources), f"{kind}: {param}"
