"""The types that a page written in TypeScript takes from us: what is documented compiles, mistakes do not."""

import subprocess

from tests.client.bundling import CLIENT

HEAD = """
import type { Answer } from "./microlift";
window.microlift = window.microlift || { q: [] };
const { microlift } = window;
"""


DOCUMENTED = """
microlift.q.push(["track", "purchase", { value: 39.9, items: [{ id: 1 }] }]);
microlift.q.push(["variant", "pricing", ({ payload }) => { if (payload) document.title = `${payload.per}`; }]);
microlift.q.push(["consent", "granted"]);
microlift.q.push(["forget"]);
microlift.q.push(["identify", "u-7"]);
microlift.q.push(["attributes", { plan: "pro", seats: 3 }]);
const answer: Promise<Answer> | undefined = microlift.variant?.("hero");
answer?.then((one) => one.reason);
export const id: string | undefined = microlift.visitor?.();
"""
MISTAKES = [
    'microlift.q.push(["trak", "purchase"]);',
    'microlift.q.push(["consent", "yes"]);',
    'microlift.track("purchase");',
    'microlift.q.push(["variant", "hero", ({ colour }) => colour]);',
]


def complaints(tmp_path, program):
    (tmp_path / "microlift.d.ts").write_bytes((CLIENT / "microlift.d.ts").read_bytes())
    (tmp_path / "page.ts").write_text(HEAD + program)
    tsc = [CLIENT / "node_modules" / ".bin" / "tsc", "--noEmit", "--strict", "--target", "es2018", "--types", ""]
    done = subprocess.run([*tsc, "page.ts"], cwd=tmp_path, capture_output=True, text=True, check=False)
    return done.stdout


def test_what_is_documented_compiles(tmp_path):
    assert complaints(tmp_path, DOCUMENTED) == ""


def test_a_mistake_is_found_by_the_compiler(tmp_path):
    found = complaints(tmp_path, "\n".join(MISTAKES))

    assert [f"page.ts({line}," in found for line in range(5, 5 + len(MISTAKES))] == [True] * len(MISTAKES)
