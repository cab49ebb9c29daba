"""What is remembered of a kind of visitors never passes for another kind, and never speaks for one visitor."""

import json

import pytest

from experiments.assignment import Question, compiled
from experiments.delivery import native, ofrep
from experiments.delivery.tags import tag_of_parts
from experiments.snapshot import Configuration
from tests.plans import plan


def serving(**conditions):
    return Configuration(1, {key: compiled_as(key, condition) for key, condition in conditions.items()})


def compiled_as(key, condition, **fields):
    return compiled(plan(experiment=key, condition=condition, **fields), phase=1)


def reasons(served, visitor_id="ann", url=None, **attributes):
    question = Question(visitor_id, attributes={**attributes, "id": visitor_id}, url=url)
    told = json.loads(native.answer(served, question, None))["assignments"]
    flags = json.loads(ofrep.body_of(ofrep.flags(served, question), served.number))["flags"]
    found = {key: one["reason"] for key, one in told.items()}
    assert {flag["key"]: flag["metadata"]["detail"] for flag in flags} == found
    return found


@pytest.mark.parametrize("like", [1, 1.0, "1", "true", {"a": True}, None])
def test_a_value_does_not_pass_for_one_of_another_type(like):
    served = serving(flag={"flag": {"$in": [True]}}, other={"plan": "pro"})

    assert reasons(served, flag=True)["flag"] == "assigned"
    assert reasons(served, flag=like)["flag"] == "outside_audience"
    assert reasons(served, flag=True)["flag"] == "assigned"


def test_lists_and_objects_are_read_though_they_cannot_be_remembered():
    served = serving(tagged={"tags": {"$elemMatch": {"$eq": "new"}}}, nested={"address.city": "Lviv"})

    for _ in range(2):
        assert set(reasons(served, tags=["new"], address={"city": "Lviv"}).values()) == {"assigned"}
        assert set(reasons(served, tags=["old"], address={"city": "Kyiv"}).values()) == {"outside_audience"}


def test_a_condition_on_the_visitor_itself_is_asked_for_each():
    served = serving(vips={"id": {"$in": ["ann"]}}, everybody={})

    assert reasons(served, "ann") == {"vips": "assigned", "everybody": "assigned"}
    assert reasons(served, "bob") == {"vips": "outside_audience", "everybody": "assigned"}


def test_more_kinds_than_are_remembered_are_still_told_apart():
    served = serving(even={"visits": {"$in": list(range(0, 6_000, 2))}})

    found = [reasons(served, visits=number)["even"] for number in (*range(3_000), 0, 1)]

    assert found[:2] == found[-2:] == ["assigned", "outside_audience"]
    assert found.count("assigned") == 1_501


def test_joined_answers_have_one_tag_a_content():
    parts = [b'{"key":"a"}', b'{"key":"b"}']

    assert tag_of_parts(parts) == tag_of_parts(reversed(parts))
    assert len({tag_of_parts(some) for some in (parts, parts[:1], [*parts, parts[0]], [])}) == 4
