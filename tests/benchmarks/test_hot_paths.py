"""What a request costs, as ratios within one run: the front against an application that only reads and answers.

Run with ``make bench``. Nothing here asserts a time; the table is for eyes, and only ratios can be compared.
"""

import io
import json

import pytest
from django.utils import timezone

from config.front import in_front_of
from experiments.lifecycle import start
from experiments.snapshot import SNAPSHOT
from tests.factories import make_experiment, make_key, make_project
from tests.wsgi import django_behind
from tracking.access import KEYRING

EXPERIMENTS = 20
front = in_front_of(django_behind, release=lambda: None)


@pytest.fixture
def token(db):
    project = make_project()
    for number in range(EXPERIMENTS):
        start(make_experiment(project, f"test-{number}"), at=timezone.now())
    KEYRING.forget()
    SNAPSHOT.forget()
    yield make_key(project, "client")[1]
    KEYRING.forget()
    SNAPSHOT.forget()


def bare(environ, start_response):
    """Reads the whole body and answers with the same number of bytes."""
    environ["wsgi.input"].read()
    body = b"x" * environ["answer"]
    start_response("200 OK", [("Content-Length", str(len(body)))])
    return [body]


def call(application, path, body, token, answer=0):
    environ = {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": path,
        "CONTENT_LENGTH": str(len(body)),
        "HTTP_AUTHORIZATION": f"Bearer {token}",
        "wsgi.input": io.BytesIO(body),
        "answer": answer,
    }
    return b"".join(application(environ, lambda *_: None))


def batch(number, size=20):
    events = [
        {"id": f"{number}-{place}", "name": "cta_click", "visitor_id": f"v{number}", "properties": {"value": 19.9}}
        for place in range(size)
    ]
    return json.dumps({"events": events}).encode()


@pytest.mark.benchmark(group="assign, 20 experiments")
@pytest.mark.parametrize("application", [bare, front], ids=["bare", "front"])
def test_assign(benchmark, token, application):
    numbers = iter(range(10**9))
    size = len(call(front, "/v1/assign", b'{"visitor_id": "v"}', token))

    benchmark(lambda: call(application, "/v1/assign", b'{"visitor_id": "v%d"}' % next(numbers), token, size))


@pytest.mark.benchmark(group="events, batches of 20")
@pytest.mark.parametrize("application", [bare, front], ids=["bare", "front"])
def test_events(benchmark, token, application):
    numbers = iter(range(10**9))
    size = len(call(front, "/v1/events", batch("first"), token))

    benchmark(lambda: call(application, "/v1/events", batch(next(numbers)), token, size))
