"""Schemathesis reads our OpenAPI description and asks what it allows and what it forbids: no fault, no HTML."""

import os
import time
from collections import Counter
from contextlib import suppress

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode

from tests.hostile.knocking import complaint

pytestmark = pytest.mark.timeout(300)

# Of each operation, and as many again that it forbids.
EXAMPLES = int(os.environ.get("HOSTILE_EXAMPLES", "3"))
SECONDS = 20


@pytest.fixture(scope="module")
def schema(attacked):
    return schemathesis.openapi.from_url(f"{attacked.house.base_url}/api/v1/schema/?format=json")


@pytest.fixture(scope="module")
def asked(attacked, schema):
    """Answers by operation and status, and what is wrong with any of them."""
    statuses, complaints = Counter(), []

    def ask_with(key):
        return lambda case: ask(case, key)

    def ask(case, key):
        answer = case.call(headers={"Authorization": f"Bearer {key}"}, timeout=SECONDS)
        statuses[case.operation.label, answer.status_code] += 1
        kind = answer.headers.get("content-type", [""])[0]
        if case.method != "HEAD" and (found := complaint(answer.status_code, kind, answer.content)):
            complaints.append(f"{found} to {case.as_curl_command()[:1500]}")

    for operation in schema.get_all_operations():
        began = time.monotonic()
        storm(operation.ok(), GenerationMode.POSITIVE, EXAMPLES, ask_with(attacked.secret))
        storm(operation.ok(), GenerationMode.NEGATIVE, EXAMPLES, ask_with(attacked.secret))
        storm(operation.ok(), GenerationMode.POSITIVE, 1, ask_with(attacked.client))
        print(f"{time.monotonic() - began:.1f} s {operation.ok().label}")
    print(statuses.total(), Counter(status for _, status in statuses.elements()))
    return statuses, complaints


def storm(operation, mode, examples, ask):
    checks = settings(max_examples=examples, deadline=None, database=None, phases=[Phase.generate])
    strategy = operation.as_strategy(generation_mode=mode)
    # An address without arguments forbids nothing.
    with suppress(Unsatisfiable):
        seed(1)(settings(checks, suppress_health_check=list(HealthCheck))(given(case=strategy)(ask)))()


def test_no_request_after_the_description_or_against_it_is_a_fault(asked):
    assert asked[1] == []


def test_every_operation_was_asked(schema, asked):
    labels = {operation.ok().label for operation in schema.get_all_operations()}

    assert {label for label, _ in asked[0]} == labels
    assert len(labels) > 40


def test_a_good_part_of_what_is_allowed_is_taken(asked):
    taken = sum(count for (_, status), count in asked[0].items() if status < 300)

    assert taken > asked[0].total() / 10
