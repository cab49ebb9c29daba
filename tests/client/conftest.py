"""The client's deciding modules in Node, which is asked line by line: JavaScript's own answers, without a browser."""

import subprocess
from collections.abc import Callable, Iterator
from typing import Any

import orjson
import pytest

from tests.client.bundling import bundle, node

PROGRAM = """
import { createInterface } from "node:readline";
import { decide } from "./decide";
import { legalId } from "./attributes";
import { place } from "./hash";
import { onPage } from "./pages";

const verbs = { decide, legalId, place, onPage, href: (url) => new URL(url).href };
createInterface({ input: process.stdin }).on("line", (line) => {
  const [verb, ...given] = JSON.parse(line);
  process.stdout.write(JSON.stringify(verbs[verb](...given)) + "\\n");
});
"""

Asked = Callable[..., Any]


@pytest.fixture(scope="session")
def javascript(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Asked]:
    """``javascript("place", seed, unit, version)``: what the client's function of this name gives."""
    script = tmp_path_factory.mktemp("client") / "answers.cjs"
    script.write_text(bundle(PROGRAM, "--platform=node", "--format=cjs"), encoding="utf-8")
    with subprocess.Popen([node(), str(script)], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as talking:
        assert talking.stdin
        assert talking.stdout
        write, read = talking.stdin, talking.stdout

        def ask(*order: Any) -> Any:
            write.write(orjson.dumps(order) + b"\n")
            write.flush()
            return orjson.loads(read.readline())

        yield ask
        write.close()
