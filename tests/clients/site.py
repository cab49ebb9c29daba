"""A customer's site: its project in a running house, keys and experiments, and its pages on an origin of its own."""

import json
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from tests.house import House
from tests.http import Caller, eventually

GREEN = {"selector": "#buy", "text": "Buy now", "background": "#0f7b4f", "color": "#ffffff"}
PAGE = '<!doctype html><meta charset=utf-8><title>Shop</title><link rel=icon href="data:,">'


@dataclass(frozen=True)
class Site:
    """``key``: its client key. ``api``: asks with a secret one, ``page`` with the client key."""

    house: House
    project: str
    key: str
    api: Caller
    page: Caller

    @classmethod
    def new(cls, house: House, name: str) -> "Site":
        made = json.loads(house.manage("create_project", name, "--json"))
        project, key = made["project"], made["client_key"]
        secret = json.loads(house.manage("create_key", project, "--scopes", "read,manage", "--json"))["key"]
        site = cls(house, project, key, Caller(house.base_url, secret), Caller(house.base_url, key))
        site.api.ok("POST", "/api/v1/goals/", {"key": "buy", "name": "Buy", "level": "macro", "event": "purchase"})
        eventually(lambda: site.page("POST", "/v1/assign", {"visitor_id": "first"})[0] == 200, seconds=10)
        return site

    @property
    def base_url(self) -> str:
        return self.house.base_url

    def run(self, key: str, variants: Mapping[str, Any], *, kind: str = "json", **fields: Any) -> None:
        """Start a test; ``variants``: payloads by key, the first is control. Values may be bare, without ``value``."""
        bare = kind in {"boolean", "string", "number"}
        rows = [
            {"key": name, "is_control": place == 0, "payload": {"value": payload} if bare else payload}
            for place, (name, payload) in enumerate(variants.items())
        ]
        weights = fields.pop("weights", [1] * len(rows))
        rows = [{**row, "weight": weight} for row, weight in zip(rows, weights, strict=True)]
        goals = [{"goal": "buy", "role": "primary"}]
        content = {"key": key, "name": key, "kind": kind, "variants": rows, "goals": goals, **fields}
        self.api.ok("POST", "/api/v1/experiments/", content)
        self.api.ok("POST", f"/api/v1/experiments/{key}/start/", {})
        eventually(lambda: self.assigned("first", key)["reason"] != "not_running", seconds=10)

    def allow_redirects_to(self, *hosts: str) -> None:
        found = f"from tracking.models import Project; project = Project.objects.get(key={self.project!r})"
        self.house.manage("shell", "-c", f"{found}; project.redirect_hosts = {list(hosts)!r}; project.save()")

    def assigned(self, visitor: str, experiment: str, **attributes: Any) -> dict[str, Any]:
        question = {"visitor_id": visitor, "experiments": [experiment], "attributes": attributes}
        found: dict[str, Any] = self.page.ok("POST", "/v1/assign", question)["assignments"][experiment]
        return found

    def visitor(self, experiment: str, variant: str, **attributes: Any) -> str:
        """One who is assigned this variant."""
        names = (f"visitor-{number}" for number in range(10_000))
        wanted = (variant, True)
        return next(
            name
            for name in names
            if (found := self.assigned(name, experiment, **attributes))
            and (found["variant"], found["in_experiment"]) == wanted
        )

    def events(self, name: str) -> list[tuple[str, dict[str, Any]]]:
        """Visitor and properties of each stored event of this name."""
        return self.house.query(  # type: ignore[return-value]  # a text and a JSON object
            "SELECT e.visitor_id, e.properties FROM tracking_event e JOIN tracking_project p ON p.id = e.project_id"
            " WHERE p.key = %s AND e.name = %s ORDER BY e.received_at",
            self.project,
            name,
        )


class Pages(dict[str, bytes]):
    """What the site serves, by path; put pages in while it runs. ``origin``: where."""

    origin: str

    def put(self, path: str, html: str) -> str:
        """The address of a page with this content."""
        self[path] = (PAGE + html).encode()
        return self.origin + path


@contextmanager
def serving(files: Mapping[str, Path]) -> Iterator[Pages]:
    """Pages at http://localhost and a port, beside these files."""
    pages = Pages({path: file.read_bytes() for path, file in files.items()})

    class Shelf(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = self.path.partition("?")[0]
            found = pages.get(path, b"")
            self.send_response(200 if path in pages else 404)
            self.send_header("Content-Type", "text/javascript" if path.endswith(".js") else "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(found)))
            self.end_headers()
            self.wfile.write(found)

        def log_message(self, *_: Any) -> None:
            """Nothing: the test's own output is enough."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Shelf)
    server.daemon_threads = True
    pages.origin = f"http://localhost:{server.server_port}"
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    try:
        yield pages
    finally:
        server.shutdown()
        server.server_close()


def users_of(ids: Iterable[str], **attributes: Any) -> list[dict[str, Any]]:
    """As GrowthBook's SDKs name them."""
    return [{"attributes": {"id": name, **attributes}} for name in ids]
