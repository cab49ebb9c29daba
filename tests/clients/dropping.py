"""A line that breaks at the worst moment: the server has committed, and its answer never arrives."""

import http.client
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar
from urllib.parse import urlsplit

# Of one connection only; a line that passed them on would answer for another.
OF_THE_LINE = {"connection", "keep-alive", "transfer-encoding", "host"}


@dataclass
class Line:
    """``drops``: how many answers to posts are still to be lost. ``answered``: path and status of each post."""

    server: str
    base_url: str = ""
    drops: int = 0
    answered: list[tuple[str, int]] = field(default_factory=list)

    def ask(self, method: str, path: str, headers: dict[str, str], body: bytes) -> tuple[Any, bytes]:
        target = urlsplit(self.server)
        connection = http.client.HTTPConnection(target.hostname or "", target.port, timeout=30)
        try:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            return answer, answer.read()
        finally:
            connection.close()


class _Between(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    line: ClassVar[Line]

    def do_GET(self) -> None:
        kept = {name: value for name, value in self.headers.items() if name.lower() not in OF_THE_LINE}
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        answer, content = self.line.ask(self.command, self.path, kept, body)
        if self.command == "POST":
            self.line.answered.append((self.path, answer.status))
            if self.line.drops:
                self.line.drops -= 1
                self.close_connection = True
                self.connection.close()
                return
        self.send_response(answer.status)
        # A browser itself says again what was lost on a connection that it used before; here the clients have to.
        self.send_header("Connection", "close")
        for name, value in answer.getheaders():
            if name.lower() not in OF_THE_LINE:
                self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    do_POST = do_OPTIONS = do_GET  # noqa: N815 (names of the standard library)

    def finish(self) -> None:
        """Of a line that was cut there is nothing to finish."""
        if not self.wfile.closed and self.connection.fileno() >= 0:
            super().finish()

    def log_message(self, *_: Any) -> None:
        """Nothing: the test's own output is enough."""


@contextmanager
def line_to(server: str) -> Iterator[Line]:
    line = Line(server)
    between = ThreadingHTTPServer(("127.0.0.1", 0), type("Between", (_Between,), {"line": line}))
    between.daemon_threads = True
    line.base_url = f"http://127.0.0.1:{between.server_port}"
    threading.Thread(target=between.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    try:
        yield line
    finally:
        between.shutdown()
        between.server_close()
