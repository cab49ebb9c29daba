"""OpenFeature on servers: the SDKs and OFREP providers for Node and for Python, unchanged, ask one flag at a time."""

from collections.abc import Iterator
from itertools import count
from typing import Any

import pytest
from openfeature import api
from openfeature.client import OpenFeatureClient
from openfeature.contrib.provider.ofrep import OFREPProvider
from openfeature.evaluation_context import EvaluationContext
from openfeature.exception import ErrorCode
from openfeature.flag_evaluation import Reason

from tests.clients.site import GREEN, Site

# A flag of each kind; of each, the first value is the control's. A whole number among fractions is a fraction too.
FLAGS: dict[str, tuple[str, dict[str, Any]]] = {
    "dark-mode": ("boolean", {"light": False, "dark": True}),
    "headline": ("string", {"plain": "Hello", "warm": "Cześć, привіт 👋"}),
    "columns": ("number", {"few": 3, "many": 12}),
    "delay": ("number", {"short": 1, "long": 2.5}),
    "basket": ("json", {"small": {"size": 1}, "big": {"size": 2, "tags": ["a", "b"], "deep": {"on": True}}}),
    "button": ("cta", {"original": {}, "green": GREEN}),
}
JSON_TYPES = {"boolean": "boolean", "string": "string", "number": "number", "json": "object", "cta": "object"}
FALLBACKS = {"boolean": False, "string": "-", "number": 0, "object": {}}
_domains = count(1)


@pytest.fixture(scope="module", autouse=True)
def flags(site: Site) -> None:
    for key, (kind, variants) in FLAGS.items():
        site.run(key, variants, kind=kind)
    site.run("members", {"all": "a", "some": "b"}, kind="string", unit="user")
    site.run("nobody", {"a": "calm", "b": "loud"}, kind="string", condition={"plan": "nobody's"})


@pytest.fixture
def in_node(node, site):
    """Details of flags as the server SDK for Node gives them."""

    def ask(*asks, headers=None):
        order = [
            {"type": kind, "flag": flag, "fallback": FALLBACKS[kind], "context": context}
            for kind, flag, context in asks
        ]
        with_key = [["Authorization", f"Bearer {site.key}"]] if headers is None else headers
        return node("openfeature", {"baseUrl": site.base_url, "headers": with_key, "asks": order})

    return ask


@pytest.fixture
def in_python(site) -> Iterator[OpenFeatureClient]:
    domain = f"site-{next(_domains)}"
    api.set_provider(
        OFREPProvider(site.base_url, headers_factory=lambda: {"Authorization": f"Bearer {site.key}"}), domain
    )
    yield api.get_client(domain)
    api.clear_providers()


def test_node_reads_every_kind_of_flag_as_the_visitor_is_assigned(site, in_node):
    cases = [(f"anna-{number}", key) for key in FLAGS for number in range(12)]

    answers = in_node(*((JSON_TYPES[FLAGS[key][0]], key, {"targetingKey": visitor}) for visitor, key in cases))

    for (visitor, key), answer in zip(cases, answers, strict=True):
        expected = site.assigned(visitor, key)["variant"]
        assert (answer["variant"], answer["reason"]) == (expected, "SPLIT"), answer
        assert answer["value"] == FLAGS[key][1][expected]
        assert "errorCode" not in answer


def test_python_reads_every_kind_of_flag_as_the_visitor_is_assigned(site, in_python):
    ask = {
        "dark-mode": lambda context: in_python.get_boolean_details("dark-mode", False, context),
        "headline": lambda context: in_python.get_string_details("headline", "-", context),
        "columns": lambda context: in_python.get_integer_details("columns", 0, context),
        "delay": lambda context: in_python.get_float_details("delay", 0.0, context),
        "basket": lambda context: in_python.get_object_details("basket", {}, context),
        "button": lambda context: in_python.get_object_details("button", {}, context),
    }

    for key, visitor in ((key, f"ева-{number}") for key in ask for number in range(12)):
        answer = ask[key](EvaluationContext(visitor))

        expected = site.assigned(visitor, key)["variant"]
        assert answer.error_code is None, answer
        assert (answer.variant, answer.reason) == (expected, Reason.SPLIT)
        assert answer.value == FLAGS[key][1][expected]


def test_outside_the_experiment_the_controls_value_comes_without_a_split(in_node, in_python):
    (answer,) = in_node(("string", "nobody", {"targetingKey": "ann"}))
    same = in_python.get_string_details("nobody", "-", EvaluationContext("ann"))

    assert (answer["value"], answer["variant"], answer["reason"]) == ("calm", "a", "STATIC")
    assert (same.value, same.variant, same.reason, same.error_code) == ("calm", "a", Reason.STATIC, None)


def test_a_flag_for_users_follows_the_user_and_not_the_visitor(site, in_node, in_python):
    here = [("string", "members", {"targetingKey": f"visitor-{number}", "user_id": "u-7"}) for number in range(8)]
    anonymous = ("string", "members", {"targetingKey": "visitor-1"})

    *together, alone = in_node(*here, anonymous)
    python = in_python.get_string_details("members", "-", EvaluationContext("elsewhere", {"user_id": "u-7"}))

    assert {(answer["variant"], answer["reason"]) for answer in together} == {(python.variant, "SPLIT")}
    assert (alone["value"], alone["reason"]) == ("a", "STATIC")


def test_an_unknown_flag_is_not_found_and_the_caller_keeps_its_default(in_node, in_python):
    (answer,) = in_node(("boolean", "no-such-flag", {"targetingKey": "ann"}))
    same = in_python.get_boolean_details("no-such-flag", True, EvaluationContext("ann"))

    assert (answer["value"], answer["errorCode"]) == (False, "FLAG_NOT_FOUND")
    assert (same.value, same.error_code) == (True, ErrorCode.FLAG_NOT_FOUND)
    assert answer["errorMessage"] == same.error_message != ""


def test_without_a_targeting_key_the_client_is_told_so(in_node, in_python):
    nothing, nobody = in_node(("string", "headline", {}), ("string", "headline", {"targetingKey": ""}))
    same = in_python.get_string_details("headline", "-", EvaluationContext())

    assert [answer["errorCode"] for answer in (nothing, nobody)] == ["TARGETING_KEY_MISSING"] * 2
    assert (same.value, same.error_code) == ("-", ErrorCode.TARGETING_KEY_MISSING)


@pytest.mark.parametrize("targeting_key", ["null", "a\u0000b", "x" * 201])
def test_an_id_that_names_nobody_is_an_error_that_both_clients_understand(targeting_key, in_node, in_python):
    (answer,) = in_node(("string", "headline", {"targetingKey": targeting_key}))
    same = in_python.get_string_details("headline", "-", EvaluationContext(targeting_key))

    assert (answer["value"], answer["reason"]) == ("-", "ERROR")
    assert answer["errorCode"] == same.error_code.value
    assert answer["errorCode"] in {"TARGETING_KEY_MISSING", "INVALID_CONTEXT"}


def test_a_wrong_key_is_unauthorized_in_each_client(site, in_node):
    wrong = "pk_" + "x" * 32
    (answer,) = in_node(("string", "headline", {"targetingKey": "ann"}), headers=[["Authorization", f"Bearer {wrong}"]])
    api.set_provider(OFREPProvider(site.base_url, headers_factory=lambda: {"X-API-Key": wrong}), "wrong")
    same = api.get_client("wrong").get_string_details("headline", "-", EvaluationContext("ann"))

    assert (answer["value"], answer["errorCode"]) == ("-", "GENERAL")
    assert (same.value, same.error_code, same.error_message) == ("-", ErrorCode.GENERAL, "unauthorized")


def test_the_key_may_come_as_x_api_key(site, in_node):
    (answer,) = in_node(("string", "headline", {"targetingKey": "ann"}), headers=[["X-API-Key", site.key]])

    assert answer["variant"] == site.assigned("ann", "headline")["variant"]


def test_a_flag_asked_as_another_type_is_a_mismatch_in_the_client_and_no_fault_of_the_server(in_node, in_python):
    (answer,) = in_node(("number", "headline", {"targetingKey": "ann"}))
    same = in_python.get_integer_details("headline", 7, EvaluationContext("ann"))

    assert (answer["value"], answer["errorCode"]) == (0, "TYPE_MISMATCH")
    assert (same.value, same.error_code) == (7, ErrorCode.TYPE_MISMATCH)
