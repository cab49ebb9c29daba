"""One kept-alive connection that sends bytes as they are: what a well-bred HTTP client would refuse to send, too."""

import socket
from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import urlsplit


@dataclass(frozen=True)
class Heard:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def kind(self) -> str:
        return self.headers.get("content-type", "")


class Wire:
    def __init__(self, base_url: str, *, seconds: float = 30) -> None:
        parts = urlsplit(base_url)
        self.address, self.seconds = (parts.hostname or "", parts.port or 80), seconds
        self._open()

    def _open(self) -> None:
        self.socket = socket.create_connection(self.address, timeout=self.seconds)
        self.reader = self.socket.makefile("rb", buffering=1 << 18)

    def close(self) -> None:
        self.reader.close()
        self.socket.close()

    def ask(self, raw: bytes) -> Heard:
        """The answer to one request; status 0 for none.

        A server may close a connection after any answer, above all when it has not read a body that it refused. Who
        learns that too late asks again on another, once, as all clients do.
        """
        heard = self._ask(raw)
        return heard if heard.status else self._ask(raw)

    def _ask(self, raw: bytes) -> Heard:
        # A refusal may come before all is sent.
        with suppress(ConnectionError):
            self.socket.sendall(raw)
        heard = self._heard(bodiless=raw.startswith(b"HEAD "))
        if heard.status == 0 or heard.headers.get("connection", "").lower() == "close" or self._is_closed():
            self.close()
            self._open()
        return heard

    def _heard(self, *, bodiless: bool) -> Heard:
        try:
            first = self.reader.readline().split(maxsplit=2)
            if len(first) < 2:
                return Heard(0, {}, b"")
            headers = {}
            while (line := self.reader.readline().rstrip(b"\r\n")) != b"":
                name, _, value = line.partition(b":")
                headers[name.decode("latin-1").lower()] = value.strip().decode("latin-1")
            status = int(first[1])
            length = 0 if bodiless or status in {204, 304} else int(headers.get("content-length", "0"))
            return Heard(status, headers, self.reader.read(length))
        except ConnectionError:
            return Heard(0, {}, b"")

    def _is_closed(self) -> bool:
        self.socket.setblocking(False)
        try:
            return self.socket.recv(1, socket.MSG_PEEK) == b""
        except BlockingIOError:
            return False
        except ConnectionError:
            return True
        finally:
            self.socket.settimeout(self.seconds)


def request(method: str, target: str, body: bytes = b"", headers: dict[str, bytes] | None = None) -> bytes:
    """``headers`` may say another length than the body has."""
    told = {"Host": b"shop", "User-Agent": b"Mozilla/5.0", "Content-Length": b"%d" % len(body), **(headers or {})}
    lines = b"".join(b"%b: %b\r\n" % (name.encode(), value) for name, value in told.items())
    return b"%b %b HTTP/1.1\r\n%b\r\n%b" % (method.encode(), target.encode("latin-1"), lines, body)
