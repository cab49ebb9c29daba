"""Third-party protocols in the OpenAPI description: what it shows is what is really asked and answered."""

import pytest
from django.utils import timezone
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]  # it has no types

from experiments.api.hot_schema import add_hot_paths
from experiments.api.protocol_schema import GROWTHBOOK, OFREP
from experiments.lifecycle import start
from experiments.snapshot import SNAPSHOT
from tests.factories import make_experiment, make_key, make_project
from tests.wsgi import ask
from tracking.access import KEYRING

ADDRESSES = {
    "/ofrep/v1/evaluate/flags/{key}": "OfrepFlag",
    "/ofrep/v1/evaluate/flags": "OfrepFlags",
    "/api/features/{client_key}": "GrowthBookPayload",
    "/api/eval/{client_key}": "GrowthBookPayload",
    "/track": "GrowthBookReceipts",
}


@pytest.fixture(scope="module")
def document():
    return add_hot_paths({"components": {"schemas": {}}, "paths": {}})


@pytest.fixture
def pk(db):
    project = make_project()
    start(make_experiment(project, "headline"), at=timezone.now())
    token = make_key(project, "client")[1]
    KEYRING.forget()
    SNAPSHOT.forget()
    yield token
    KEYRING.forget()
    SNAPSHOT.forget()


def complaints(document, component, value):
    schema = {"$ref": f"#/components/schemas/{component}", "components": document["components"]}
    return [f"{error.json_path}: {error.message}" for error in Draft202012Validator(schema).iter_errors(value)]


@pytest.mark.parametrize("component", [*OFREP, *GROWTHBOOK])
def test_every_example_fits_its_schema(component, document):
    schema = document["components"]["schemas"][component]

    assert complaints(document, component, schema["example"]) == []
    assert complaints(document, component, 5) != []


@pytest.mark.parametrize(("address", "component"), ADDRESSES.items())
def test_asked_as_the_example_shows_it_answers_as_described(address, component, document, pk):
    ((method, operation),) = document["paths"][address].items()
    question = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
    body = document["components"]["schemas"][question["$ref"].rpartition("/")[2]]["example"] if question else None
    path = address.format(key="headline", client_key=pk) + (f"?client_key={pk}" if address == "/track" else "")

    reply = ask(method.upper(), path, body, key=pk if "ofrep" in address else "")

    assert reply.status == 200, reply.body
    assert complaints(document, component, reply.json) == []


def test_what_was_refused_is_described_too(document, pk):
    reply = ask("POST", "/ofrep/v1/evaluate/flags/nonsense", {"context": {"targetingKey": "ann"}}, key=pk)

    assert reply.status == 404
    assert complaints(document, "OfrepFailure", reply.json) == []
