"""A hundred thousand visitors: split as planned, and the same answer from two processes and after a restart."""

import json
import math
import os
import subprocess
import sys

import pytest
from django.db import connection
from django.utils import timezone

from experiments.lifecycle import start
from tests.factories import make_experiment, make_key, make_project

VISITORS = 100_000
WEIGHTS = {"old": 5, "green": 3, "blue": 2}
# A process of its own with the front that granian serves; it prints every variant in the order of the visitors.
PROCESS = """
import io, json, sys
from config.wsgi import application

def variant(visitor):
    body = json.dumps({"visitor_id": visitor}).encode()
    environ = {"REQUEST_METHOD": "POST", "PATH_INFO": "/v1/assign", "CONTENT_LENGTH": str(len(body)),
               "HTTP_AUTHORIZATION": "Bearer " + sys.argv[1], "wsgi.input": io.BytesIO(body)}
    answer = b"".join(application(environ, lambda *_: None))
    return json.loads(answer)["assignments"]["hero"]["variant"]

print(json.dumps([variant(f"visitor-{number}") for number in range(int(sys.argv[2]))]))
"""


def answers_of_a_fresh_process(token: str, hash_seed: str) -> list[str]:
    database = connection.settings_dict
    url = f"postgresql://{database['USER']}@/{database['NAME']}?host={database['HOST']}"
    environ = {**os.environ, "DATABASE_URL": url, "MICROLIFT_PROCESS": "web", "PYTHONHASHSEED": hash_seed}
    command = [sys.executable, "-c", PROCESS, token, str(VISITORS)]
    done = subprocess.run(command, env=environ, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    variants: list[str] = json.loads(done.stdout)
    return variants


@pytest.mark.django_db(transaction=True)
def test_a_hundred_thousand_visitors_get_the_same_variant_everywhere_and_always():
    project = make_project()
    changed = {"selector": "#buy", "text": "Buy"}
    variants = [{"key": key, "weight": weight, "payload": changed} for key, weight in WEIGHTS.items()]
    start(make_experiment(project, "hero", variants=variants), at=timezone.now())
    token = make_key(project, "client")[1]

    first, second, restarted = (answers_of_a_fresh_process(token, seed) for seed in ("1", "2", "3"))

    assert first == second == restarted
    for key, weight in WEIGHTS.items():
        share = weight / sum(WEIGHTS.values())
        assert abs(first.count(key) - VISITORS * share) < 4 * math.sqrt(VISITORS * share * (1 - share))
