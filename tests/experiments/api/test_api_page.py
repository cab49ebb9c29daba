"""docs/api.md: every curl on the page works, in its order, and answers what the page shows."""

import json
import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from experiments.forecasting import answer_asked
from experiments.snapshot import SNAPSHOT
from tests.factories import make_key, make_project
from tests.rest import Rest
from tests.wsgi import ask
from tracking.access import KEYRING

pytestmark = pytest.mark.django_db

PAGE = Path(__file__).resolve().parents[3] / "docs" / "api.md"
METHOD, ADDRESS, BODY = r"(?:-X (?P<method>\w+) )?", r"\"?\$API(?P<path>[^\s\"]+)\"?", r"(?:--json '(?P<body>[^']*)')?"
CURL = re.compile(rf"curl {METHOD}{ADDRESS} -H [^\n]*?{BODY}\s*$")
# Computed from thousands of events; its shape is kept by test_schema.py.
NOT_HERE = "/results/"


def calls() -> Iterator[tuple[re.Match[str], str]]:
    """Every call of the page with the answer shown for it, empty when none is; a block's answer is its last call's."""
    blocks = re.findall(r"^```(\w+)\n(.*?)^```", PAGE.read_text(), re.DOTALL | re.MULTILINE)
    for (language, text), (next_language, shown) in pairwise([*blocks, ("", "")]):
        parts = [part for part in re.split(r"^(?=curl)", text, flags=re.MULTILINE) if part.startswith("curl")]
        for place, part in enumerate(parts if language == "sh" else []):
            call = CURL.match(part)
            assert call, part
            last = place == len(parts) - 1
            yield call, shown if last and next_language == "json" else ""


def shape(value: Any) -> Any:
    """Names without values; of a list its first row. What a variant carries depends on which one it is."""
    if isinstance(value, dict):
        return {name: shape(inner) if name != "payload" else None for name, inner in value.items()}
    return [shape(value[0])] if isinstance(value, list) and value else None


def answer_of(token: str, call: re.Match[str]) -> Any:
    body = json.loads(call["body"]) if call["body"] else None
    method = call["method"] or ("POST" if body else "GET")
    if call["path"].startswith("/v1/"):
        SNAPSHOT.forget()
        return ask(method, call["path"], body, key=token).json
    return Rest(token)(method, call["path"], body)[1]


@pytest.fixture
def token():
    KEYRING.forget()
    yield make_key(make_project("shop"), scopes=["read", "manage", "import"])[1]
    KEYRING.forget()
    SNAPSHOT.forget()


def test_every_call_on_the_page_answers_what_the_page_shows(token):
    made = [(call, shown) for call, shown in calls() if NOT_HERE not in call["path"]]
    for call, shown in made:
        answer = answer_of(token, call)
        answer_asked(timezone.now())  # as a worker does, soon after the question

        if shown:
            assert shape(answer) == shape(json.loads(shown)), call["path"]
        else:
            assert "errors" not in answer, (call["path"], answer)
    assert len(made) >= 15
