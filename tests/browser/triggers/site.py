"""A site with triggers, without Django: its pages, the client as it is built, a configuration, and what was told."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from playwright.sync_api import Page

from tracking.triggers import event_of, with_defaults

DIST = Path(__file__).resolve().parents[3] / "tracking" / "client" / "dist"
KEY = "pk_site"
# Longer than events wait for company.
QUIET = 0.45
# A busy machine takes longer; what a page that was left has sent by a beacon waits until the next page.
PATIENCE = 3.0
WAITS = "Object.keys(localStorage).some(name => name.startsWith('microlift.event'))"
# Scripts and frames say that they have come only to those who capture it.
BEGUN = """document.addEventListener("load", (event) => {
  if (/client\\/triggers\\.js/.test(event.target.src)) window.begun = true;
  if (/client\\/media\\.js/.test(event.target.src)) window.mediaBegun = true;
}, true)"""

Told = dict[str, Any]


def trigger(kind: str, event: str = "", *, when: Any = (), tell: Any = (), **params: Any) -> Told:
    """As the configuration has it. ``when``: conditions as (subject, operator, value) or (…, "not"); ``tell``:
    properties as (name, source, from, selector, as)."""
    names = ("name", "source", "from", "selector", "as")
    return {
        "key": f"{kind}-{event}",
        "kind": kind,
        "event": event or event_of(kind, params),
        "params": with_defaults(kind, params),
        "conditions": [{"subject": one[0], "operator": one[1], "value": one[2], "not": len(one) > 3} for one in when],
        "properties": [dict(zip(names, one, strict=False)) for one in tell],
    }


@dataclass
class Site:
    port: int = 0
    pages: dict[str, str] = field(default_factory=dict)
    triggers: list[Told] = field(default_factory=list)
    experiments: Told = field(default_factory=dict)
    bodies: dict[str, str] = field(default_factory=dict)
    consent: bool = False
    # Seconds that an answer takes.
    slow: dict[str, float] = field(default_factory=dict)
    last_at: float = 0

    @property
    def address(self) -> str:
        return f"http://localhost:{self.port}"

    def put(self, html: str, name: str = "page") -> str:
        script = f'<script async src="{self.address}/v1/client.js" data-key="{KEY}" data-guard="off"></script>'
        self.pages[f"/{name}"] = f"<!doctype html><meta charset=utf-8><title>{name}</title>{script}{html}"
        return f"{self.address}/{name}"

    def open(self, page: Page, html: str, *triggers: Told, query: str = "", before: str = "") -> None:
        """Opens a page with this content and waits until the triggers listen. ``before``: where its visitor was."""
        self.triggers = list(triggers)
        page.add_init_script(BEGUN)
        page.goto(self.put(html) + query, referer=before or None)
        self.wait(page)

    def wait(self, page: Page) -> None:
        page.wait_for_function("window.begun")

    def events(self, page: Page) -> list[Told]:
        """All that was told so far, in order, when nothing more comes; each once, however often it was sent."""
        page.wait_for_timeout(QUIET * 1000)
        until = time.monotonic() + PATIENCE
        while time.monotonic() - self.last_at < QUIET or (page.evaluate(WAITS) and time.monotonic() < until):
            page.wait_for_timeout(50)
        told = {event["id"]: event for body in list(self.bodies.values()) for event in json.loads(body)["events"]}
        return sorted(told.values(), key=lambda event: event["occurred_at"])

    def names(self, page: Page) -> list[str]:
        return [event["name"] for event in self.events(page)]

    def told(self, page: Page, name: str = "") -> list[Told]:
        """The properties of all events, or of those with this name."""
        return [event["properties"] for event in self.events(page) if name in ("", event["name"])]

    def answer(self, path: str, body: str) -> tuple[str, bytes]:
        time.sleep(self.slow.get(path, 0))
        if path.startswith("/v1/client") and path.endswith(".js"):
            return "text/javascript", (DIST / Path(path).name).read_bytes()
        if path == f"/v1/client/{KEY}.json":
            config = {"config": 1, "consent": self.consent, "forms": False, "inventory": 0}
            told = {**config, "experiments": self.experiments, "triggers": self.triggers}
            return "application/json", json.dumps(told).encode()
        if path == "/v1/events":
            self.bodies[f"{len(self.bodies)}"] = body
            self.last_at = time.monotonic()
            return "application/json", b'{"results": []}'
        return "text/html; charset=utf-8", self.pages.get(path, "").encode()


@contextmanager
def open_site() -> Iterator[Site]:
    site = Site()

    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            kind, body = site.answer(self.path.partition("?")[0], self.rfile.read(length).decode())
            self.send_response(200 if body or kind != "text/html; charset=utf-8" else 404)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.send_header("Access-Control-Allow-Origin", "*")
            if kind == "text/javascript":
                self.send_header("Cache-Control", "public, max-age=300")
            self.end_headers()
            self.wfile.write(body)

        do_POST = do_GET  # noqa: N815 - as http.server calls it

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    site.port = server.server_port
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    yield site
    server.shutdown()
    server.server_close()
