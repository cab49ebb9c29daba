"""OpenFeature's OFREP 0.3: answers as its own description wants them, errors too, and never a flag without a value."""

import json
from typing import Any

import jsonschema  # type: ignore[import-untyped]  # it has no types
import pytest
import yaml
from django.utils import timezone

from experiments.delivery import ofrep
from experiments.lifecycle import start
from experiments.models import Unit
from experiments.snapshot import SNAPSHOT
from tests.factories import make_experiment, make_key, make_project
from tests.served import make_plan, question, serving
from tests.wsgi import ask
from tracking.access import KEYRING
from tracking.models import Event

BULK = "/ofrep/v1/evaluate/flags"


@pytest.fixture(scope="module")
def schemas(shared) -> dict[str, Any]:
    """The official ones; where they say oneOf, for 5 is an integer and a number, anyOf."""
    text = (shared / "vectors" / "ofrep_openapi.yaml").read_text().replace("oneOf:", "anyOf:")
    found: dict[str, Any] = yaml.safe_load(text.replace("#/components/schemas/", "#/$defs/"))
    return dict(found["components"]["schemas"])


@pytest.fixture
def fits(schemas):
    def check(name: str, content: object) -> None:
        jsonschema.validate(content, {"$ref": f"#/$defs/{name}", "$defs": schemas})

    return check


@pytest.fixture
def project(db):
    KEYRING.forget()
    SNAPSHOT.forget()
    yield make_project()
    KEYRING.forget()
    SNAPSHOT.forget()


@pytest.fixture
def asked(project):
    token = make_key(project, "client")[1]
    KEYRING.forget()

    def ask_ofrep(flag="", body=None, *, key=token, **headers):
        SNAPSHOT.forget()
        content = {"context": {"targetingKey": "ann"}} if body is None else body
        return ask("POST", f"{BULK}/{flag}" if flag else BULK, content, key=key, **headers)

    return ask_ofrep


def started(project, key="hero", **fields):
    experiment = make_experiment(project, key, **{"kind": "json", **fields})
    start(experiment, at=timezone.now())
    return experiment


def values(*payloads):
    return [{"key": name, "payload": payload} for name, payload in zip("ab", payloads, strict=True)]


def test_one_flag_has_value_variant_reason_and_where_it_comes_from(project, asked, fits):
    started(project, kind="string", variants=values({"value": "Hello"}, {"value": "Hello"}))

    reply = asked("hero")

    fits("serverEvaluationSuccess", reply.json)
    assert (reply.status, reply.headers["Content-Type"]) == (200, "application/json")
    assert (reply.json["key"], reply.json["value"], reply.json["reason"]) == ("hero", "Hello", "SPLIT")
    metadata = reply.json["metadata"]
    assert metadata == {"experiment": "hero", "phase": 1, "config": 1, "in_experiment": True, "detail": "assigned"}


def test_all_flags_come_at_once_and_single_ones_are_the_same(project, asked, fits):
    started(project, "switch", kind="boolean", variants=values({"value": False}, {"value": True}))
    started(project, "button", kind="cta")
    started(project, "mail", kind="external", variants=["a", "b"])

    reply = asked()

    fits("bulkEvaluationSuccess", reply.json)
    assert {flag["key"] for flag in reply.json["flags"]} == {"switch", "button"}
    assert [asked(flag["key"]).json for flag in reply.json["flags"]] == reply.json["flags"]
    assert not Event.objects.exists()


@pytest.mark.parametrize(
    ("served", "who", "expected"),
    [
        (serving(make_plan(coverage=0.0)), question(), ("original", "STATIC", "outside_coverage")),
        (serving(make_plan(condition={"a": 1})), question(), ("original", "STATIC", "outside_audience")),
        (serving(make_plan(unit="user")), question(), ("original", "STATIC", "no_user_id")),
        (serving(make_plan(), state="paused"), question(), ("original", "DISABLED", "paused")),
        (serving(make_plan(), state="shipped", shipped="green"), question(), ("green", "STATIC", "shipped")),
        (
            serving(make_plan(condition={"a": 1}), state="shipped", shipped="green"),
            question(a=1),
            ("green", "TARGETING_MATCH", "shipped"),
        ),
    ],
)
def test_outside_the_experiment_there_is_still_a_value_and_a_reason_that_clients_know(served, who, expected, fits):
    found = json.loads(ofrep.flag(served, who, "hero") or b"")

    fits("evaluationSuccess", found)
    assert (found["variant"], found["reason"], found["metadata"]["detail"]) == expected
    assert found["value"] == {"is": expected[0]}


def test_a_fraction_stays_one_even_where_it_is_whole(project, asked):
    started(project, "delay", kind="number", variants=values({"value": 1}, {"value": 2.0}))
    started(project, "columns", kind="number", variants=values({"value": 3}, {"value": 3}))

    assert b'"value":1.0' in asked("delay").body or b'"value":2.0' in asked("delay").body
    assert b'"value":3,' in asked("columns").body


def test_a_redirect_that_leads_nowhere_is_an_empty_text(fits):
    served = serving(make_plan(variants={"old": {}, "new": {"url": "/new"}}, kind="redirect", coverage=0.0))

    found = json.loads(ofrep.flag(served, question(), "hero") or b"")

    fits("evaluationSuccess", found)
    assert found["value"] == ""


def test_where_the_page_is_known_flags_of_other_pages_are_left_out(project, asked):
    started(project, "here", pages=[{"include": True, "kind": "simple", "pattern": "/sale"}])
    started(project, "there", pages=[{"include": True, "kind": "simple", "pattern": "/about"}])

    context = {"targetingKey": "ann", "url": "https://shop.example/sale"}
    reply = asked(body={"context": context})

    assert [flag["key"] for flag in reply.json["flags"]] == ["here"]
    assert asked("there", {"context": context}).json["metadata"]["detail"] == "outside_page"
    assert len(asked().json["flags"]) == 2


def test_an_unchanged_answer_is_not_sent_again_and_a_changed_context_is_noticed(project, asked):
    started(project, condition={"plan": "gold"})
    first = asked()

    again = asked(If_None_Match=first.headers["ETag"])
    gold = asked(body={"context": {"targetingKey": "ann", "plan": "gold"}}, If_None_Match=first.headers["ETag"])

    assert (again.status, again.body, again.headers["ETag"]) == (304, b"", first.headers["ETag"])
    assert (gold.status, gold.json["flags"][0]["reason"]) == (200, "SPLIT")
    assert gold.headers["ETag"] != first.headers["ETag"]
    started(project, "second")
    assert asked(If_None_Match=first.headers["ETag"]).status == 200


def test_a_flag_of_users_follows_the_user(project, asked):
    started(project, unit=Unit.USER)

    told = [
        asked("hero", {"context": {"targetingKey": name, "user_id": user}}).json
        for name, user in [("ann", "7"), ("bob", 7), ("cy", " 7 ")]
    ]

    assert [one["reason"] for one in told] == ["SPLIT"] * 3
    assert len({one["variant"] for one in told}) == 1


ILLEGAL = [
    (b"", "PARSE_ERROR"),
    (b"{", "PARSE_ERROR"),
    (b'{"context": {"deep": ' + b"[" * 50_000, "PARSE_ERROR"),
    (b"\xff", "PARSE_ERROR"),
    ({"context": 5}, "INVALID_CONTEXT"),
    ([], "INVALID_CONTEXT"),
    ({}, "TARGETING_KEY_MISSING"),
    ({"context": None}, "TARGETING_KEY_MISSING"),
    ({"context": {"targetingKey": ""}}, "TARGETING_KEY_MISSING"),
    ({"context": {"targetingKey": "undefined"}}, "INVALID_CONTEXT"),
    ({"context": {"targetingKey": 7}}, "INVALID_CONTEXT"),
]


@pytest.mark.parametrize(("body", "code"), ILLEGAL)
def test_what_cannot_be_asked_is_refused_in_the_protocols_own_words(body, code, project, asked, fits):
    started(project)

    single, bulk = asked("hero", body), asked(body=body)

    fits("evaluationFailure", single.json)
    fits("bulkEvaluationFailure", bulk.json)
    assert (single.status, single.json["key"], single.json["errorCode"]) == (400, "hero", code)
    assert (bulk.status, bulk.json["errorCode"]) == (400, code)
    assert all([single.json["errorDetails"], bulk.json["errorDetails"]])


def test_an_unknown_flag_is_not_found(project, asked, fits):
    started(project, "mail", kind="external", variants=["a", "b"])

    for name in ("nonsense", "mail"):
        reply = asked(name)

        fits("flagNotFound", reply.json)
        assert (reply.status, reply.json["key"], reply.json["errorCode"]) == (404, name, "FLAG_NOT_FOUND")


def test_a_wrong_key_a_foreign_page_and_too_much_are_told_in_the_same_shape(project, asked):
    foreign = make_key(project, "client", origins=["https://shop.example"])[1]
    KEYRING.forget()
    large = {"context": {"targetingKey": "ann", "x": "y" * 70_000}}

    replies = [
        asked(key="pk_nobody"),
        asked(key=foreign, Origin="https://evil.example"),
        asked(body=large),
        asked(Content_Encoding="br"),
    ]

    assert [reply.status for reply in replies] == [401, 403, 413, 415]
    assert {reply.json["errorCode"] for reply in replies} == {"GENERAL"}


def test_evaluating_asks_no_database(project, asked, django_assert_num_queries):
    started(project)
    token = make_key(project, "client")[1]
    KEYRING.forget()
    body = {"context": {"targetingKey": "ann"}}
    asked(key=token)

    with django_assert_num_queries(0):
        ask("POST", BULK, body, key=token)
        ask("POST", f"{BULK}/hero", body, key=token)
