"""Explanations: the configuration of that moment, rule by rule, and never another answer than assignment gave."""

import json
from datetime import timedelta

import pytest
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st

from experiments import lifecycle
from experiments.api.explain_examples import EXPLAINED, NOT_RUNNING
from experiments.explained_rules import Case, steps_of
from experiments.explaining import Asker, Explanation, explain
from experiments.models import ConfigVersion, Holdout, Namespace, SavedGroup
from tests.factories import make_experiment, make_project
from tests.plans import questions, served
from tests.rest import queries, rest_of

PAGES = [{"include": True, "kind": "simple", "pattern": "/shop*"}]
AUDIENCE = {"country": {"$in": ["PL", "UA"]}, "id": {"$notInGroup": "staff"}}


@settings(max_examples=150, deadline=None)
@given(served(), st.lists(questions(), min_size=5, max_size=5))
def test_the_first_rule_that_fails_is_the_reason_that_assignment_gives(one, asked):
    for question in asked:
        case = Case(one, question, all_told=True)

        told = Explanation("hero", timezone.now(), tuple(steps_of(case)))

        outcome = one.assign(question)
        assert (told.reason, told.in_experiment) == (outcome.reason, outcome.in_experiment)
        assert outcome.reason == "external" or case.shown(told.reason) == outcome.variant


@pytest.fixture
def project(db):
    return make_project("shop")


@pytest.fixture
def hero(project):
    """With every rule there is, running."""
    SavedGroup.objects.create(project=project, key="staff", name="Staff", values=["boss"])
    Holdout.objects.create(project=project, share=0.1, seed="held")
    group = Namespace.objects.create(project=project, key="checkout", name="Checkout")
    fields = {"namespace": group, "namespace_share": 0.7, "condition": AUDIENCE, "pages": PAGES, "coverage": 0.8}
    experiment = make_experiment(project, "hero", **fields)
    lifecycle.start(experiment, at=timezone.now())
    return experiment


def told(project, visitor="ann", **asker):
    moment = asker.pop("at", None) or timezone.now()
    return explain(project.id, "hero", Asker(visitor, **asker), at=moment)


def passed(explanation):
    return {step.code: step.passed for step in explanation.steps}


def test_every_rule_is_told_in_its_order(project, hero):
    explanation = told(project, attributes={"country": "PL", "userAgent": "Mozilla/5.0"}, url="https://a.example/shop")

    codes = [step.code for step in explanation.steps]
    rules = ["page", "bot", "audience", "audience", "holdout", "outside_namespace", "coverage"]
    assert codes == ["version", "running", *rules]
    assert all(step.detail for step in explanation.steps)
    assert (explanation.config, explanation.phase, explanation.assumed) == (1, 1, ())
    assert explanation.digest == ConfigVersion.objects.get().digest


def test_a_rule_of_the_audience_that_fails_is_named_with_what_was_seen(project, hero):
    explanation = told(project, attributes={"country": "DE"}, url="https://a.example/shop")

    missed = [step.detail for step in explanation.steps if step.code == "audience" and step.passed is False]
    assert missed == ["Does not hold: country $in [PL, UA] (country = DE)"]


def test_what_nobody_knows_any_more_is_not_guessed(project, hero):
    explanation = told(project)

    assert [passed(explanation)[code] for code in ("page", "bot")] == [None, None]
    rules = {step.detail: step.passed for step in explanation.steps if step.code == "audience"}
    assert rules["Not known, since no attributes were given: country $in [PL, UA]"] is None
    assert True in rules.values(), "the list of ids can be told without attributes"
    assert {"page", "bot", "audience"} <= set(explanation.assumed) or explanation.reason == "holdout"


@pytest.mark.django_db(transaction=True)  # a version is as old as its transaction
def test_a_past_moment_is_told_by_the_version_in_force_then(project, hero):
    before, running = timezone.now() - timedelta(days=1), timezone.now()
    lifecycle.pause(hero, at=timezone.now())
    paused = timezone.now()
    lifecycle.stop(hero, at=timezone.now(), now=timezone.now())

    said = [told(project, at=moment) for moment in (before, running, paused, timezone.now())]

    assert [one.config for one in said] == [None, 1, 2, 3]
    assert [one.reason for one in said][2:] == ["paused", "not_running"]
    assert said[0].reason == "not_running"
    assert said[1].bucket is not None


def test_a_version_that_cannot_be_read_is_said(project, hero):
    ConfigVersion.objects.update(body={"experiments": [{"phase": 1, "plan": {"experiment": "hero"}}]})

    explanation = told(project)

    assert explanation.reason == "not_running"
    assert "cannot be read" in explanation.steps[0].detail


def test_a_preview_and_a_robot_are_told(project, hero):
    page = "https://a.example/shop"

    assert told(project, url=f"{page}?hero=green").variant == "green"
    assert told(project, url=f"{page}?hero=green").reason == "preview"
    assert told(project, url=page, attributes={"userAgent": "Googlebot/2.1"}).reason == "bot"
    assert told(project, url=page, attributes={"consent": "denied"}).reason == "opted_out"


def test_a_test_of_users_asks_for_the_user(project):
    lifecycle.start(make_experiment(project, "hero", unit="user"), at=timezone.now())

    assert told(project).reason == "no_user_id"
    assert told(project, user_id="u1").in_experiment


def test_the_address_answers_what_the_verb_says(project, hero):
    address = "experiments/hero/explain/?visitor=%20ann%20&url=https://a.example/shop&attributes="

    with queries(most=4):
        answer = rest_of(project, "read").ok("GET", address + json.dumps({"country": "UA"}))

    expected = told(project, url="https://a.example/shop", attributes={"country": "UA"})
    assert answer["steps"] == [{"code": s.code, "passed": s.passed, "detail": s.detail} for s in expected.steps]
    assert [answer[name] for name in ("variant", "reason", "bucket")] == [
        expected.variant,
        expected.reason,
        expected.bucket,
    ]


@pytest.mark.parametrize(
    ("query", "error"),
    [
        ("", ("required", "visitor")),
        ("visitor=null", ("nobody", "visitor")),
        ("visitor=a&visitor=b", ("repeated", "visitor")),
        ("visitor=a&when=now", ("unknown", "when")),
        ("visitor=a&attributes=[1]", ("invalid", "attributes")),
        ("visitor=a&attributes={", ("invalid", "attributes")),
        ("visitor=a&at=2999-01-01T00:00:00Z", ("in_the_future", "at")),
        ("visitor=a&at=yesterday", ("invalid", "at")),
    ],
)
def test_a_question_that_cannot_be_read_is_refused(project, hero, query, error):
    assert rest_of(project, "read").refused("GET", f"experiments/hero/explain/?{query}") == (400, [error])


def test_another_projects_experiment_is_unknown(project, hero):
    assert rest_of(make_project()).refused("GET", "experiments/hero/explain/?visitor=ann")[0] == 404


def test_the_examples_have_the_answers_fields(project, hero):
    answer = rest_of(project, "read").ok("GET", "experiments/hero/explain/?visitor=ann")

    assert list(EXPLAINED) == list(NOT_RUNNING) == list(answer)
