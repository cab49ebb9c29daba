"""Segment's, RudderStack's and GA4's addresses in the OpenAPI description: what it shows is what is answered."""

import base64

import pytest
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]  # it has no types

from config.front import DOORS
from tests.factories import make_key, make_project
from tests.wsgi import ask
from tracking.access import KEYRING
from tracking.api.format_schema import MEASUREMENT, SEGMENT
from tracking.api.hot_schema import add_hot_paths
from tracking.models import Event

ERRORS = {
    "type": "object",
    "required": ["type", "errors"],
    "additionalProperties": False,
    "properties": {"type": {"enum": ["client_error", "server_error"]}, "errors": {"type": "array", "minItems": 1}},
}


@pytest.fixture(scope="module")
def document():
    return add_hot_paths({"components": {"schemas": {"Errors": ERRORS}, "securitySchemes": {}}, "paths": {}})


@pytest.fixture
def pk(db):
    KEYRING.forget()
    yield make_key(make_project(), "client")[1]
    KEYRING.forget()


def ours(document):
    return {
        path: operation
        for path, methods in document["paths"].items()
        for operation in methods.values()
        if operation["operationId"].startswith(("segment_", "rudderstack_", "ga4_", "events_"))
    }


def complaints(document, schema, value):
    whole = {**schema, "components": document["components"]}
    return [f"{error.json_path}: {error.message}" for error in Draft202012Validator(whole).iter_errors(value)]


def answer(document, path, operation, key, body=None):
    schema = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
    if schema and body is None:
        body = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]["example"]
    query = f"?api_secret={key}" if "mp/collect" in path else ""
    headers = {"Authorization": "Basic " + base64.b64encode(f"{key}:".encode()).decode()}
    if path == "/v1/events":
        headers = {"Authorization": f"Bearer {key}"}
    return ask("POST" if schema else "GET", path.format(client_key=key) + query, body, **headers)


def test_every_address_is_described(document):
    described = {path.replace("{client_key}", "*") for path in ours(document)}
    others = ("/v1/assign", "/v1/client", "/v1/debug", "/v1/inventory", "/ofrep", "/api/", "/track")
    probes = {"/livez", "/readyz", "/metrics"}

    assert described == {path for path in DOORS if path not in probes and not path.startswith(others)}
    assert len({operation["operationId"] for operation in ours(document).values()}) == len(described)


@pytest.mark.parametrize("component", [*SEGMENT, *MEASUREMENT])
def test_every_example_fits_its_schema(component, document):
    schema = document["components"]["schemas"][component]

    assert complaints(document, schema, schema["example"]) == []
    assert complaints(document, schema, 5) != []


def test_asked_as_the_example_shows_each_address_answers_as_described(document, pk):
    for path, operation in ours(document).items():
        reply = answer(document, path, operation, pk)

        described = operation["responses"][str(reply.status)]
        assert reply.status in {200, 204}, (path, reply.body)
        if "content" in described:
            assert complaints(document, described["content"]["application/json"]["schema"], reply.json) == []
        else:
            assert reply.body == b""
    # The message of a batch and of each kind has one id.
    assert sorted(Event.objects.values_list("name", flat=True)) == [
        "experiment_viewed", "generate_lead", "purchase", "purchase",
    ]  # fmt: skip


@pytest.mark.parametrize(("key", "body"), [("pk_unknown", None), ("", None), (None, b"nonsense"), (None, {"batch": 5})])
def test_what_is_refused_as_a_whole_is_described_too(key, body, document, pk):
    for path, operation in ours(document).items():
        reply = answer(document, path, operation, pk if key is None else key, body)

        described = operation["responses"][str(reply.status)]
        if "content" in described:
            assert complaints(document, described["content"]["application/json"]["schema"], reply.json) == []


def test_an_error_of_another_shape_would_be_seen(document):
    described = ours(document)["/v1/batch"]["responses"]["401"]["content"]["application/json"]["schema"]

    assert complaints(document, described, {"type": "client_error", "errors": []}) != []
