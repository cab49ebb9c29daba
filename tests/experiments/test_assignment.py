"""The compiled decision: for every plan and everyone who asks what the plan says, whatever was asked before."""

import json
import math
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from experiments.assignment import CONTROL_REASONS, Question, compiled
from experiments.bucketing import BUCKETS, bucket_count, bucket_ranges
from experiments.conditions import MOST_STEPS
from experiments.delivery import native
from experiments.expressions import steps
from experiments.pages import Page, complaint, complaints
from experiments.pages import compiled as compiled_pages
from experiments.plan import Filter, Plan
from experiments.redirects import host_of, is_allowed, is_path
from experiments.snapshot import Configuration
from tests.plans import IDS, plan, plans, questions, served, variants_of

CHI_SQUARE_999 = 10.828  # one degree of freedom, p = 0.001


def ask(one, visitor="ann", user="", **question):
    return one.assign(Question(visitor, user, **question))


@settings(max_examples=100, deadline=None)
@given(plans(), st.lists(st.one_of(st.sampled_from(IDS), st.text(min_size=1, max_size=20)), min_size=10, max_size=10))
def test_with_attributes_aside_it_is_what_the_plan_recomputes(found, people):
    from_plan = Plan(**{name: getattr(found, name) for name in found.__slots__} | {"condition": {}, "pages": ()})
    one = compiled(from_plan, phase=1)

    for person in people:
        outcome, expected = ask(one, person, person), from_plan.variant_of(person)
        assert outcome.in_experiment == (expected is not None), person
        assert outcome.variant == (expected or from_plan.control), person


@settings(max_examples=100, deadline=None)
@given(served(), st.lists(questions(), min_size=5, max_size=5))
def test_whoever_is_not_in_the_experiment_sees_the_control(one, asked):
    for question in asked:
        outcome = one.assign(question)

        assert outcome.in_experiment == (outcome.reason == "assigned")
        if outcome.reason in CONTROL_REASONS:
            assert outcome.variant.is_control
        assert one.state == "running" or not outcome.in_experiment
        assert outcome.reason != "shipped" or one.state == "shipped"


@settings(max_examples=50, deadline=None)
@given(st.lists(served(), min_size=2, max_size=4), questions())
def test_the_answer_does_not_depend_on_what_was_asked_before(several, question):
    together = [one.assign(question) for one in several]

    for one, outcome in zip(several, together, strict=True):
        fresh = Question(question.visitor_id, question.user_id, question.attributes, question.url, question.excluded)
        fresh.force(question.forced)
        assert one.assign(fresh) == outcome
        assert one.assign(question) == outcome


@settings(max_examples=100, deadline=None)
@given(plans(), questions())
def test_what_is_prepared_as_bytes_is_the_outcome(found, question):
    one = compiled(found, phase=3)

    answer = json.loads(native.answer(Configuration(7, {"hero": one}), question, ["hero", "nix"]))

    outcome = one.assign(question)
    assert (answer["visitor_id"], answer["config"]) == (question.visitor_id, 7)
    assert answer["assignments"]["hero"] == {
        "variant": outcome.variant.key,
        "in_experiment": outcome.in_experiment,
        "reason": outcome.reason,
        "payload": outcome.variant.payload,
        "phase": 3,
        **({"kind": found.kind} if outcome.reason == "preview" else {}),
    }
    assert answer["assignments"]["nix"]["reason"] == "not_running"


@settings(max_examples=60, deadline=None)
@given(st.lists(served(), max_size=4), questions())
def test_all_at_once_is_the_same_as_each_by_name(several, question):
    running = {f"test-{place}": compiled_as(one, f"test-{place}") for place, one in enumerate(several)}
    serving = Configuration(1, running)

    at_once = json.loads(native.answer(serving, question, None))["assignments"]
    by_name = json.loads(native.answer(serving, question, list(running)))["assignments"]

    assert at_once == {key: by_name[key] for key in at_once}
    left_out = {by_name[key]["reason"] for key in by_name.keys() - at_once.keys()}
    assert left_out <= {"external", "outside_page", "paused"}
    assert {"assigned", "holdout", "outside_audience"}.isdisjoint(left_out)


def compiled_as(one, key):
    fields = {name: getattr(one.plan, name) for name in one.plan.__slots__} | {"experiment": key}
    shipped = one.outcomes[-1].variant.key if one.state == "shipped" else None
    return compiled(Plan(**fields), phase=one.phase, state=one.state, shipped=shipped)


@pytest.mark.parametrize(
    ("reason", "fields", "question"),
    [
        ("outside_page", {"pages": (Page(True, "simple", "/shop"),)}, {"url": None}),
        ("preview", {"coverage": 0.0}, {"excluded": "bot", "forced": {"hero": 1}}),
        ("bot", {"unit": "user"}, {"excluded": "bot"}),
        ("opted_out", {"unit": "user"}, {"excluded": "opted_out"}),
        ("outside_audience", {"unit": "user", "condition": {"a": 1}}, {}),
        ("no_user_id", {"unit": "user", "filters": (Filter("holdout", "s", ()),)}, {}),
        ("holdout", {"filters": (Filter("holdout", "s", ()), Filter("prerequisite", "s", ()))}, {}),
        ("outside_audience", {"filters": (Filter("outside_namespace", "s", (), 1),), "condition": {"a": 1}}, {}),
        ("outside_namespace", {"filters": (Filter("outside_namespace", "s", (), 1),), "coverage": 0.0}, {}),
        ("prerequisite", {"filters": (Filter("prerequisite", "s", ()),), "coverage": 0.0}, {}),
        ("outside_audience", {"condition": {"a": 1}, "coverage": 0.0}, {"attributes": {"a": 2}}),
        ("outside_coverage", {"condition": {"a": 1}, "coverage": 0.0}, {"attributes": {"a": 1}}),
        ("assigned", {"condition": {"a": 1}}, {"attributes": {"a": 1}}),
    ],
)
def test_of_two_reasons_the_earlier_rule_is_told(reason, fields, question):
    forced = question.pop("forced", {}) if (question := dict(question)) else {}
    asked = Question("ann", **question)
    asked.force(forced)

    assert compiled(plan(**fields), phase=1).assign(asked).reason == reason


def test_paused_goes_before_everything_and_shipped_goes_by_page_audience_and_holdout():
    fields = {"pages": (Page(True, "simple", "/shop"),), "coverage": 0.0, "condition": {"a": 1}}
    there = {"url": "/shop", "attributes": {"a": 1}}
    shipped = compiled(plan(**fields), phase=1, state="shipped", shipped="v1")
    held = compiled(plan(filters=(Filter("holdout", "s", ()),)), phase=1, state="shipped", shipped="v1")

    assert ask(compiled(plan(**fields), phase=1, state="paused")).reason == "paused"
    assert (ask(shipped, **there).reason, ask(shipped, **there).variant.key) == ("shipped", "v1")
    assert ask(shipped, url="/", attributes={"a": 1}).reason == "outside_page"
    assert ask(shipped, url="/shop").reason == "outside_audience"
    assert ask(held).reason == "holdout"


def test_a_variant_that_is_not_there_cannot_be_shipped():
    with pytest.raises(KeyError):
        compiled(plan(), phase=1, state="shipped", shipped="v9")


@given(st.lists(st.floats(0, 10), min_size=2, max_size=20).filter(any), st.floats(0, 1))
def test_every_bucket_has_at_most_one_variant_and_the_share_that_it_should(weights, coverage):
    variants = variants_of(weights, coverage)

    counts = [bucket_count(variant.bounds) for variant in variants]

    assert sum(counts) <= BUCKETS
    for variant, count in zip(variants, counts, strict=True):
        assert abs(count - BUCKETS * coverage * variant.weight) < 1.001


@given(st.lists(st.floats(0, 10), min_size=2, max_size=8).filter(any), st.floats(0, 1), st.floats(0, 1))
def test_more_coverage_moves_nobody(weights, one, other):
    small, large = (
        bucket_ranges(len(weights), coverage, [weight / sum(weights) for weight in weights])
        for coverage in sorted([one, other])
    )

    assert all(before[0] == after[0] and before[1] <= after[1] for before, after in zip(small, large, strict=True))


def test_two_experiments_split_independently_of_each_other():
    people = [f"visitor-{number}" for number in range(100_000)]
    first, second = (compiled(plan(seed=seed), phase=1) for seed in ("5f2a9c0d1b3e4f60", "a1b2c3d4e5f60718"))

    table = Counter((ask(first, person).variant.key, ask(second, person).variant.key) for person in people)

    assert chi_square(table) < CHI_SQUARE_999


def chi_square(table):
    total = sum(table.values())
    rows, columns = Counter(), Counter()
    for (row, column), count in table.items():
        rows[row] += count
        columns[column] += count
    expected = {(row, column): rows[row] * columns[column] / total for row in rows for column in columns}
    return math.fsum((table[cell] - number) ** 2 / number for cell, number in expected.items())


@pytest.mark.parametrize(
    ("pattern", "inside", "outside"),
    [
        ("/shop", ["/shop", "https://a.example/shop/", "https://b.example/SHOP?a=1#x"], ["/shop/1", "/", "/shopping"]),
        ("/shop*", ["/shop", "/shop/1", "/shopping"], ["/sho", "/a/shop"]),
        ("shop.example/a", ["https://shop.example/a", "http://SHOP.example/a/"], ["/a", "https://x.shop.example/a"]),
        ("*.shop.example/*", ["https://www.shop.example/", "https://a.b.shop.example/x"], ["https://shop.example/"]),
        ("/a?lang=pl", ["/a?lang=pl", "/a?x=1&lang=pl"], ["/a", "/a?lang=en", "/a?lang=plx"]),
        ("/żółw", ["/%C5%BC%C3%B3%C5%82w", "/żółw"], ["/zolw"]),
        ("/a#top", ["/a#top"], ["/a", "/a#bottom"]),
    ],
)
def test_an_address_is_a_page_as_growthbook_says(pattern, inside, outside):
    matches = compiled_pages([Page(True, "simple", pattern)])

    assert [url for url in inside if not matches(url)] == []
    assert [url for url in outside if matches(url)] == []


def test_an_excluded_page_beats_an_included_one():
    matches = compiled_pages([Page(True, "simple", "/shop*"), Page(False, "regex", r"/shop/(cart|pay)")])

    assert [matches(url) for url in ("/shop/1", "/shop/cart", None, "http://[")] == [True, False, False, False]


@pytest.mark.parametrize("pattern", ["", " ", "(", "x" * 501, "[a"])
def test_a_pattern_that_cannot_be_used_is_complained_of(pattern):
    assert complaint(Page(True, "regex", pattern))
    assert complaint(Page(True, "simple", "/shop")) is None


def test_the_regular_expressions_of_all_pages_together_have_a_budget():
    heavy = [Page(number % 2 == 0, "regex", f"(a{{20}}){{40}}{number}") for number in range(40)]
    fitting = MOST_STEPS // steps(heavy[0].pattern)
    simple = Page(True, "simple", "/a")

    assert 1 < fitting < 39
    assert complaints([*heavy[:fitting], simple]) == [None] * (fitting + 1)
    wrong = complaints([*heavy, simple, Page(True, "simple", "http://["), Page(True, "simple", "")])
    assert [place for place, sentence in enumerate(wrong) if sentence] == [fitting, 41, 42]
    assert "too many steps together" in wrong[fitting]


def test_of_several_pages_each_that_cannot_be_used_is_complained_of():
    pages = [Page(True, kind, pattern) for kind, pattern in [("regex", "("), ("simple", "/a"), ("regex", "[a")]]

    assert complaints(pages) == [complaint(page) for page in pages]
    assert [sentence is None for sentence in complaints(pages)] == [False, True, False]


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=60), st.one_of(st.none(), st.text(max_size=60)))
def test_no_pattern_and_no_address_raises(pattern, url):
    page = Page(True, "simple", pattern)
    if complaint(page) is None:
        assert compiled_pages([page])(url) in {True, False}


@pytest.mark.parametrize(
    "address",
    [
        *("//evil.example", "/\\evil.example", "\\\\evil.example", "/\t/evil.example", "https:evil.example"),
        *("https://shop.example@evil.example/", "https://evil.example\\@shop.example", "javascript:alert(1)"),
        *("https://shop.example.evil.example/", "https://evil.example/shop.example", "https://ѕhop.example/"),
        *("https://shop.example:x/", "https://", "data:text/html,x", " https://shop.example/", "http://[::1]/"),
        *("https://shop.example\n.evil.example/", "", "shop.example", "ftp://shop.example/", "/" + "x" * 2000),
    ],
)
def test_a_redirect_leads_to_no_foreign_host(address):
    assert not is_allowed(address, ["shop.example"])


@pytest.mark.parametrize(
    "address", ["/new", "/", "/a//b", "https://shop.example/x", "http://SHOP.example:8080", "/?a=//b"]
)
def test_a_redirect_leads_to_own_pages_and_listed_hosts(address):
    assert is_allowed(address, ["shop.example"])
    assert is_path(address) or host_of(address)
