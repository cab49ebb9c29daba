"""Ask the REST API through Django's whole stack, as one key."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.factories import make_key
from tracking.models import Project


class Rest:
    """``rest("POST", "goals/", {...})`` gives status and content; a fault of the server is an answer too."""

    def __init__(self, token: str = "", **headers: str) -> None:
        self.client = Client(raise_request_exception=False)
        self.headers = {**({"Authorization": f"Bearer {token}"} if token else {}), **headers}

    def ask(self, method: str, path: str, body: object = None, **headers: str) -> Any:
        """The whole response. ``body``: bytes as they are, anything else as JSON."""
        raw = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        address = path if path.startswith("/") else f"/api/v1/{path}"
        kind = headers.pop("Content_Type", "application/json")
        return self.client.generic(method, address, raw, content_type=kind, headers={**self.headers, **headers})

    def __call__(self, method: str, path: str, body: object = None) -> tuple[int, Any]:
        answer = self.ask(method, path, body)
        return answer.status_code, json.loads(answer.content) if answer.content else None

    def ok(self, method: str, path: str, body: object = None) -> Any:
        status, content = self(method, path, body)
        assert 200 <= status < 300, (status, content)
        return content

    def refused(self, method: str, path: str, body: object = None) -> tuple[int, list[tuple[str, str | None]]]:
        """Status, and code and place of each error."""
        status, content = self(method, path, body)
        assert status >= 400, content
        assert set(content) == {"type", "errors"}
        assert all(set(error) == {"code", "detail", "attr"} and error["detail"] for error in content["errors"])
        return status, [(error["code"], error["attr"]) for error in content["errors"]]


def rest_of(project: Project, *scopes: str) -> Rest:
    """As a secret key of this project; read and manage by default."""
    return Rest(make_key(project, scopes=scopes or ("read", "manage"))[1])


@contextmanager
def queries(most: int) -> Iterator[None]:
    """Fails when the block asks the database more often; savepoints are the test's own."""
    with CaptureQueriesContext(connection) as asked:
        yield
    found = [query["sql"] for query in asked if "SAVEPOINT" not in query["sql"]]
    assert len(found) <= most, "\n".join(found)
