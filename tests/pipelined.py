"""Very many questions to a running server: several kept-alive connections, each with many requests under way."""

import socket
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

CONNECTIONS = 4
# So many requests fit into what both sides buffer, or each would wait for the other to read.
UNDER_WAY = 100


class Line:
    """One connection, one address, one key."""

    def __init__(self, base_url: str, path: str, key: str) -> None:
        parts = urlsplit(base_url)
        self.socket = socket.create_connection((parts.hostname or "", parts.port or 80), timeout=60)
        self.reader = self.socket.makefile("rb", buffering=1 << 20)
        head = f"POST {path} HTTP/1.1\r\nHost: {parts.netloc}\r\nAuthorization: Bearer {key}\r\n"
        self.head = f"{head}Content-Type: application/json\r\nContent-Length: ".encode()

    def ask(self, bodies: Sequence[bytes]) -> list[bytes]:
        answers = []
        for start in range(0, len(bodies), UNDER_WAY):
            some = bodies[start : start + UNDER_WAY]
            self.socket.sendall(b"".join(b"%b%d\r\n\r\n%b" % (self.head, len(body), body) for body in some))
            answers += [self._answer() for _ in some]
        return answers

    def _answer(self) -> bytes:
        status, length = self.reader.readline(), 0
        while (line := self.reader.readline()) not in {b"\r\n", b""}:
            if line[:15].lower() == b"content-length:":
                length = int(line[15:])
        body: bytes = self.reader.read(length)
        assert status.split()[1] == b"200", (status, body)
        return body

    def close(self) -> None:
        self.reader.close()
        self.socket.close()


def ask_all(base_url: str, path: str, key: str, bodies: Sequence[bytes]) -> list[bytes]:
    """Each question's answer, in their order. Fails at the first that is not 200."""
    size = -(-len(bodies) // CONNECTIONS)

    def part(start: int) -> list[bytes]:
        line = Line(base_url, path, key)
        try:
            return line.ask(bodies[start : start + size])
        finally:
            line.close()

    with ThreadPoolExecutor(CONNECTIONS) as pool:
        return [answer for answers in pool.map(part, range(0, len(bodies), size)) for answer in answers]
