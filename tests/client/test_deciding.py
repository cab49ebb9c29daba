"""The client's own answers, by JavaScript: hashes, audiences, pages and whole experiments as the server has them."""

from dataclasses import replace

from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from experiments.assignment import Question, compiled
from experiments.bucketing import OLD_BUCKETS, bucket, place_of
from experiments.delivery.browser import experiment
from experiments.delivery.browser_audience import audience_of
from experiments.delivery.browser_patterns import pattern_of
from experiments.pages import Page
from experiments.pages import compiled as compiled_pages
from experiments.targeting import compile_condition
from tests.plans import URLS, ids, plans
from tests.vectors import IDS
from tracking.wire.ids import normal_id

URL = "https://shop.example/shop"
NAMES = st.sampled_from(["deviceType", "browser", "returning", "utmSource", "path", "referrer", "id"])
WORDS = st.sampled_from(["", "a", "ab", "/shop", "null", "mobile", "chrome", "Łódź", "b?", "0"])
VALUES = st.one_of(WORDS, st.booleans(), st.none(), st.integers(-1, 1))
PATTERNS = st.sampled_from(["a", "^a", "b$", "^/shop", "ul", r"b\?", "(a|b)", "a.*b", "(a+)+", "Łó", ""])
LEAVES = st.one_of(
    VALUES,
    st.fixed_dictionaries({"$eq": VALUES}),
    st.fixed_dictionaries({"$ne": VALUES}),
    st.fixed_dictionaries({"$in": st.lists(VALUES, max_size=3)}),
    st.fixed_dictionaries({"$nin": st.lists(VALUES, max_size=3)}),
    st.fixed_dictionaries({"$exists": st.booleans(), "$ne": VALUES}),
    st.fixed_dictionaries({"$regex": PATTERNS}),
    st.fixed_dictionaries({"$not": st.fixed_dictionaries({"$regex": PATTERNS})}),
    st.fixed_dictionaries({"$gt": VALUES}),
)
CONDITIONS = st.recursive(
    st.dictionaries(NAMES, LEAVES, max_size=2),
    lambda part: st.one_of(
        st.dictionaries(st.sampled_from(["$and", "$or", "$nor"]), st.lists(part, max_size=3), min_size=1, max_size=2),
        st.fixed_dictionaries({"$not": part}),
    ),
    max_leaves=6,
)
AUDIENCES = st.sampled_from([{}, {"deviceType": "mobile"}, {"$not": {"path": "/shop"}}, {"returning": {"$ne": True}}])
KNOWN = st.fixed_dictionaries(
    {"id": WORDS},
    optional={
        "deviceType": st.sampled_from(["mobile", "desktop"]),
        "browser": st.sampled_from(["chrome", "safari", "edge", "firefox", "unknown"]),
        "returning": st.booleans(),
        **dict.fromkeys(("utmSource", "path", "referrer"), WORDS),
    },
)
EVERYBODY = {"seed": "", "ranges": [[0, 10_000]], "filters": [], "audience": True, "pages": []}


def asked_of(audience):
    """An experiment of everybody in this audience."""
    return {"state": "running", "control": 0, "decide": {**EVERYBODY, "audience": audience}}


@settings(max_examples=300, deadline=None)
@given(st.text("seed_0ż", max_size=12), ids)
def test_both_hashes_are_the_servers(javascript, seed, unit):
    assert javascript("place", seed, unit, 2) == place_of(seed, unit)
    assert javascript("place", seed, unit, 1) == round(bucket(seed, unit, 1) * OLD_BUCKETS)


def test_a_range_holds_its_first_place_and_not_its_last(javascript):
    place = place_of("seed", "ann")
    answers = []
    for first, last in ((place, place + 1), (0, place), (place + 1, 10_000)):
        one = {"state": "running", "control": 0, "decide": {**EVERYBODY, "seed": "seed", "ranges": [[first, last]]}}
        answers.append(javascript("decide", one, {"id": "ann", "attributes": {}, "url": URL})["reason"])

    assert answers == ["assigned", "outside_coverage", "outside_coverage"]


@settings(max_examples=800, deadline=None)
@given(CONDITIONS, st.lists(KNOWN, min_size=1, max_size=6))
@example({"utmSource": {"$regex": "ul"}}, [{"id": "a"}])
@example({"utmSource": {"$nin": [None, "a"]}}, [{"id": "a"}, {"id": "a", "utmSource": "b"}])
@example({"$nor": []}, [{"id": "a"}])
def test_an_audience_that_is_told_holds_for_the_same_visitors(javascript, condition, everybody):
    audience = audience_of(condition)
    assume(audience is not None)
    meets = compile_condition(condition, {})

    for known in everybody:
        answer = javascript("decide", asked_of(audience), {"id": known["id"], "attributes": known, "url": URL})
        assert answer["in_experiment"] is meets(known), (audience, known)


PARTS = st.sampled_from(
    [
        "shop",
        "Shop",
        "%53hop",
        "blog",
        "7",
        "a.b",
        "%C5%81%C3%B3d%C5%BA",
        "%FF",
        "%2F",
        "%2B",
        "a+b",
        "a&b",
        "=",
        "",
        "%",
    ]
)
ADDRESSES = st.builds(
    lambda host, path, query, tag: f"{host}/{'/'.join(path)}{query}{tag}",
    st.sampled_from(["https://shop.example", "http://SHOP.example:8000", "https://www.other.example"]),
    st.lists(PARTS, max_size=3),
    st.sampled_from(["", "?", "?a=1", "?a=/shop&b"]),
    st.sampled_from(["", "#", "#top", "#/shop?x#y"]),
)
GLOBS = [
    "/",
    "*",
    "/shop",
    "/shop*",
    "*/7/",
    "shop.example",
    "*.example/blog/*",
    "shop.example:8000/*",
    "/łódź",
    "/a+b",
]
REGEXES = ["^/shop", "shop/?$", r"^https://shop\.example/$", "/blog/[0-9]+", "^/$", "[?]a=1$", "#top$", "%53", "//"]
LISTED = st.lists(
    st.builds(
        lambda include, named: Page(include, *named),
        st.booleans(),
        st.sampled_from([*(("simple", glob) for glob in GLOBS), *(("regex", regex) for regex in REGEXES)]),
    ),
    max_size=3,
)


@settings(max_examples=800, deadline=None)
@given(LISTED, ADDRESSES)
@example([Page(True, "simple", "/a+b")], "https://shop.example/a+b")
@example([Page(True, "simple", "/SHOP")], "https://shop.example/shop")
@example([Page(True, "simple", "/a&b")], "https://shop.example/a&b")
def test_a_page_is_the_same_page_in_the_browser(javascript, pages, url):
    href = javascript("href", url)
    patterns = [pattern_of(page) for page in pages]

    assert None not in patterns
    assert javascript("onPage", patterns, href) is compiled_pages(pages)(href), (patterns, href)


@st.composite
def ones(draw):
    """An experiment in any state, of visitors and with an audience that a browser can tell."""
    plan = replace(draw(plans(kind="json")), unit="visitor", condition=draw(AUDIENCES))
    state = draw(st.sampled_from(["running", "running", "paused", "shipped"]))
    shipped = draw(st.sampled_from([variant.key for variant in plan.variants])) if state == "shipped" else None
    return compiled(plan, phase=1, state=state, shipped=shipped)


@settings(max_examples=800, deadline=None)
@given(ones(), ids, KNOWN, st.sampled_from([url for url in URLS if url and url.startswith("https")]))
def test_an_experiment_that_the_browser_decides_has_the_servers_answer(javascript, one, visitor, known, url):
    known = {**known, "id": visitor}

    found = javascript("decide", experiment(one), {"id": visitor, "attributes": known, "url": url})

    outcome = one.assign(Question(visitor, "", known, url))
    assert found == {
        "index": one.plan.variants.index(outcome.variant),
        "in_experiment": outcome.in_experiment,
        "reason": outcome.reason,
    }


@settings(max_examples=500, deadline=None)
@given(st.one_of(ids, st.sampled_from([*IDS, " ann ", "NULL", "undefined", "0", "[object Object]", "a\nb", "e\u0301"])))
def test_an_id_of_the_pages_own_is_made_what_the_server_makes_of_it(javascript, raw):
    # What Python takes for white space at an end and JavaScript does not, or the other way round, nobody's ids have.
    assume(raw.strip() == raw.strip(" \t\n\r\v\f\u00a0\u2003\u3000"))

    assert javascript("legalId", raw) == (normal_id(raw) or "")
