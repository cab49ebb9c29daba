"""A shop for browser tests: its pages on one origin, Microlift on another, both from one real server."""

import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from django.contrib.staticfiles.handlers import StaticFilesHandler
from django.core.servers.basehttp import ThreadedWSGIServer
from django.core.wsgi import get_wsgi_application
from django.test.testcases import QuietWSGIRequestHandler
from django.utils import timezone
from playwright.sync_api import Page

from config.front import in_front_of
from experiments.assignment import Question
from experiments.lifecycle import start
from experiments.snapshot import SNAPSHOT
from tests.factories import make_experiment, make_goal, make_key, make_project
from tracking.access import KEYRING
from tracking.models import Event, Project

BUTTON = '<button id="buy">Add to cart</button>'
CLIENT_IS_THERE = "window.microlift && microlift.variant"
PARTS_HAVE_RUN = """[...document.querySelectorAll('script[src*="/v1/client/"]')].every(({dataset}) => dataset.ran)"""
Pages = dict[str, tuple[str, dict[str, str]]]


@dataclass
class Shop:
    """One project and its pages. ``port`` is the server's, ``pages`` what it serves."""

    port: int
    pages: Pages
    project: Project
    key: str
    numbers: Iterator[int] = field(default_factory=count)

    @property
    def api(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def script(self, **data: str) -> str:
        """The tag as the documentation gives it; ``visitor="ann"`` becomes ``data-visitor``."""
        attributes = "".join(f' data-{name}="{value}"' for name, value in {"key": self.key, **data}.items())
        return f'<script async src="{self.api}/v1/client.js"{attributes}></script>'

    def put(self, html: str, name: str = "page", headers: Mapping[str, str] | None = None) -> str:
        """The address of a page with this content."""
        path = f"/{self.project.key}/{name}"
        self.pages[path] = (f"<!doctype html><meta charset=utf-8><title>Shop</title>{html}", dict(headers or {}))
        return f"http://localhost:{self.port}{path}"

    def run(self, key: str = "hero", **fields: Any) -> None:
        """Start a test; by default of the button ``#buy``, ``original`` against ``green``."""
        start(make_experiment(self.project, key, **fields), at=timezone.now())
        SNAPSHOT.forget()

    def listen(self, event: str, selector: str) -> None:
        """A goal: a click on ``selector`` is this event."""
        make_goal(self.project, f"goal-{next(self.numbers)}", event=event, selector=selector)
        SNAPSHOT.forget()

    def visitor(self, variant: str, experiment: str = "hero") -> str:
        """A fresh visitor who is assigned this variant."""
        served = SNAPSHOT.get()[self.project.id].running[experiment]
        names = (f"visitor-{number}" for number in self.numbers)
        return next(name for name in names if served.assign(Question(name)).variant.key == variant)

    def events(self, name: str, *, least: int = 1) -> list[Event]:
        """The stored events of this name, as soon as there are so many, at the latest after fifteen seconds."""
        until = time.monotonic() + 15
        while True:
            found = list(Event.objects.filter(project=self.project, name=name).order_by("occurred_at"))
            if len(found) >= least or time.monotonic() > until:
                return found
            time.sleep(0.02)

    def told(self, name: str, *, least: int = 1) -> list[dict[str, Any]]:
        """The properties of these events."""
        return [event.properties for event in self.events(name, least=least)]


def wait_until(page: Page, condition: str) -> None:
    """Playwright's own ``wait_for_function`` needs eval, which a strict page forbids."""
    met = page.evaluate(
        f"""async () => {{
            for (let left = 750; left; left--) {{
                if ({condition}) return true;
                await new Promise((next) => setTimeout(next, 20));
            }}
        }}"""
    )
    assert met, f"not within 15 seconds: {condition}"


def shown(page: Page, experiment: str = "hero") -> Any:
    """What the page is told of the experiment, when whatever it changes has been changed."""
    wait_until(page, CLIENT_IS_THERE)
    answer = page.evaluate("key => microlift.variant(key)", experiment)
    wait_until(page, PARTS_HAVE_RUN)
    return answer


@dataclass
class Server:
    port: int
    pages: Pages

    def shop(self, key: str = "") -> Shop:
        """A new one, with nothing in common with those before."""
        project = make_project(key)
        shop = Shop(self.port, self.pages, project, make_key(project, "client")[1])
        KEYRING.forget()
        SNAPSHOT.forget()
        return shop


@contextmanager
def open_server() -> Iterator[Server]:
    pages: Pages = {}
    django = StaticFilesHandler(get_wsgi_application())

    def application(environ: dict[str, Any], start_response: Any) -> Any:
        if environ["PATH_INFO"] not in pages:
            return django(environ, start_response)
        html, headers = pages[environ["PATH_INFO"]]
        start_response("200 OK", [("Content-Type", "text/html; charset=utf-8"), *headers.items()])
        return [html.encode()]

    server = ThreadedWSGIServer(("127.0.0.1", 0), QuietWSGIRequestHandler)
    server.daemon_threads = True
    server.set_app(in_front_of(application))
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    try:
        yield Server(server.server_port, pages)
    finally:
        server.shutdown()
        server.server_close()
        KEYRING.forget()
        SNAPSHOT.forget()
