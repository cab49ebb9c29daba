"""The OpenAPI description: complete, valid, and every example in it really works."""

import json
from typing import Any

import pytest
from django.core.management import call_command
from django.utils import timezone
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]  # it has no types

from experiments.api.result_examples import NOT_COMPUTED, RESULT
from tests.factories import make_goal, make_project
from tests.hillstrom import make_mail_test, run
from tests.refined import enrol, make_running
from tests.rest import Rest, rest_of

pytestmark = pytest.mark.django_db

# In this order one leads to the next; where two examples are sent, each has its own address.
ORDER: list[tuple[str, str, list[dict[str, str]]]] = [
    ("patch", "/api/v1/project/", [{}]),
    ("post", "/api/v1/privacy/export/", [{}]),
    ("post", "/api/v1/privacy/erase/", [{}]),
    ("post", "/api/v1/goals/", [{}, {}]),
    ("patch", "/api/v1/goals/{key}/", [{"key": "add-to-cart"}]),
    ("post", "/api/v1/triggers/", [{}, {}]),
    ("patch", "/api/v1/triggers/{key}/", [{"key": "buy-click"}]),
    ("post", "/api/v1/triggers/publish/", [{}]),
    ("post", "/api/v1/triggers/versions/{number}/restore/", [{"number": "1"}]),
    ("post", "/api/v1/namespaces/", [{}]),
    ("patch", "/api/v1/namespaces/{key}/", [{"key": "checkout"}]),
    ("post", "/api/v1/groups/", [{}]),
    ("patch", "/api/v1/groups/{key}/", [{"key": "customers"}]),
    ("patch", "/api/v1/holdout/", [{}]),
    ("post", "/api/v1/experiments/", [{}, {}]),
    ("patch", "/api/v1/experiments/{key}/", [{"key": "cta-colour"}]),
    ("post", "/api/v1/experiments/{key}/forecast/", [{"key": "cta-colour"}, {"key": "cta-colour"}]),
    ("post", "/api/v1/experiments/{key}/schedule/", [{"key": "cta-colour"}]),
    ("post", "/api/v1/experiments/{key}/unschedule/", [{"key": "cta-colour"}]),
    ("post", "/api/v1/experiments/{key}/start/", [{"key": "cta-colour"}, {"key": "welcome-mail"}]),
    ("post", "/api/v1/experiments/{key}/goals/", [{"key": "cta-colour"}]),
    ("post", "/api/v1/experiments/{key}/coverage/", [{"key": "cta-colour"}]),
    ("post", "/api/v1/experiments/{key}/pause/", [{"key": "cta-colour"}]),
    ("post", "/api/v1/experiments/{key}/resume/", [{"key": "cta-colour"}]),
    ("post", "/api/v1/experiments/{key}/new-phase/", [{"key": "cta-colour"}]),
    ("post", "/api/v1/experiments/{key}/stop/", [{"key": "cta-colour"}]),
    ("post", "/api/v1/experiments/{key}/ship/", [{"key": "cta-colour"}]),
    ("post", "/api/v1/experiments/{key}/unship/", [{"key": "cta-colour"}]),
    ("post", "/api/v1/experiments/{key}/archive/", [{"key": "cta-colour"}]),
    ("post", "/api/v1/experiments/{key}/unarchive/", [{"key": "cta-colour"}]),
]
TIMES = {"created_at", "updated_at", "started_at", "ended_at"}


@pytest.fixture
def project():
    return make_project("shop", requires_consent=True)


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    answer = Rest().ask("GET", "schema/?format=json")
    found: dict[str, Any] = json.loads(answer.content)
    return found


def operations(document):
    return [
        (method, path, operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    ]


def examples(holder):
    content = holder.get("content", {}).get("application/json", {})
    return [example["value"] for example in content.get("examples", {}).values()]


def closed(schema):
    """The schema with every object closed to fields that it does not name."""
    if isinstance(schema, list):
        return [closed(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    inner = {name: closed(value) for name, value in schema.items()}
    return {**inner, "additionalProperties": False} if isinstance(schema.get("properties"), dict) else inner


def complaints(document, component, value):
    schema = {"$ref": f"#/components/schemas/{component}", "components": closed(document["components"])}
    return [f"{error.json_path}: {error.message}" for error in Draft202012Validator(schema).iter_errors(value)]


def next_year(value):
    """Examples show a year; here it must not have come yet."""
    return json.loads(json.dumps(value).replace("2027-", f"{timezone.now().year + 1}-"))


def test_the_description_is_valid_and_free_of_warnings(capsys):
    call_command("spectacular", "--validate", "--fail-on-warn")

    assert "openapi: 3.1.0" in capsys.readouterr().out


def test_it_is_served_as_openapi_to_everybody(db):
    answer = Rest().ask("GET", "schema/")

    assert (answer.status_code, answer.headers["Content-Type"].split(";")[0]) == (200, "application/vnd.oai.openapi")


def test_the_docs_page_loads_nothing_from_elsewhere(db):
    page = Rest().ask("GET", "docs/").content.decode()

    assert "swagger-ui" in page
    assert "http://" not in page.replace("http://testserver", "")
    assert "https://" not in page


def test_every_operation_tells_its_key_its_errors_and_an_example(document):
    for method, path, operation in operations(document):
        assert operation["security"], path
        assert {"400", "401", "403"} <= operation["responses"].keys(), path
        if path.startswith("/api/v1/"):
            assert "scope" in operation["description"], path
            assert method not in {"post", "patch"} or examples(operation["requestBody"]), path


def test_the_hot_paths_are_described_too(document):
    assert {"/v1/events", "/v1/assign", "/v1/inventory", "/v1/debug"} <= document["paths"].keys()
    assert {"/v1/batch", "/v1/t", "/beacon/v1/batch", "/sourceConfig/", "/mp/collect"} <= document["paths"].keys()
    assert document["components"]["securitySchemes"].keys() == {
        *("clientKey", "clientKeyInAddress", "secretKey", "keyAsUser", "writeKey", "apiSecret"),
    }


def test_every_example_of_the_hot_paths_fits_its_schema(document):
    for component in ("EventBatch", "EventReceipts", "AssignQuestion", "Assignments"):
        example = document["components"]["schemas"][component]["example"]
        assert not complaints(document, component, example)


def test_every_request_example_works_and_answers_what_is_shown(project, document):
    rest = rest_of(project)
    make_goal(project, "scroll-to-end")
    sent = [
        (method, path, example)
        for method, path, operation in operations(document)
        for example in examples(operation.get("requestBody", {}))
    ]
    for method, path, addresses in ORDER:
        operation = document["paths"][path][method]
        shown = [example for answer in operation["responses"].values() for example in examples(answer)]
        for address, body in zip(addresses, examples(operation["requestBody"]), strict=True):
            sent.remove((method, path, body))
            answer = rest.ok(method.upper(), path.format(**address), next_year(body))
            for example in shown:
                assert answer.keys() == example.keys() or "errors" in example
                if answer.get("key") == example.get("key", ""):
                    assert _timeless(answer) == _timeless(next_year(example))
    assert sent == []


def _timeless(answer):
    return {name: value for name, value in answer.items() if name not in TIMES}


def test_a_computed_result_is_described_to_the_last_field(document, project):
    run(make_mail_test(project))

    assert complaints(document, "Result", rest_of(project).ok("GET", "experiments/mail/results/")) == []


def test_a_running_and_refined_result_is_described_to_the_last_field(document, project):
    running = make_running(project)
    enrol(running, 1200)

    result = rest_of(project).ok("GET", f"experiments/{running.key}/results/")

    assert complaints(document, "Result", result) == []
    revenue = next(goal for goal in result["goals"] if goal["key"] == "revenue")["variants"][1]["vs_control"]
    assert all(revenue["refined"].values()), "otherwise nothing was described"
    assert result["looks"]
    assert result["outlook"]["goals"]


@pytest.mark.parametrize("example", [RESULT, NOT_COMPUTED])
def test_the_examples_of_results_are_described_to_the_last_field(document, example):
    assert complaints(document, "Result", example) == []


def test_the_example_of_a_result_is_what_the_worker_computes(project):
    run(make_mail_test(project))
    result = rest_of(project).ok("GET", "experiments/mail/results/")
    computed = result["goals"][0]["variants"][1]["vs_control"]

    assert result.keys() == RESULT.keys()
    assert result["health"]["checks"][0].keys() == RESULT["health"]["checks"][0].keys()
    shown = RESULT["goals"][0]["variants"][1]["vs_control"]
    assert computed.keys() == shown.keys()
    for name, value in shown.items():
        near = isinstance(value, float | list)
        assert computed[name] == (pytest.approx(value, rel=1e-9) if near else value), name
