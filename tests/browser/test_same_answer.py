"""Forty thousand visitors in a real Chromium: what the browser decides by itself is what the server would answer."""

import random
import uuid
from collections import Counter
from dataclasses import replace

import pytest

from experiments.asking import question_of
from experiments.bucketing import bucket_ranges
from experiments.delivery.browser import experiment
from experiments.pages import Page
from experiments.plan import Filter
from tests.client.bundling import bundle
from tests.served import make_plan, serving
from tracking.access import KnownKey
from tracking.attributes import FINDERS, Surroundings, derived
from tracking.wire.http import Request
from tracking.wire.ids import normal_id

pytestmark = pytest.mark.timeout(900)

# So many that the smallest outcome, a fifth of coverage 0.37 behind every filter, has over a thousand of them.
PEOPLE = 40_000
LEAST = 1_000
KEY = KnownKey(1, 1, "client", frozenset(), frozenset())
PROGRAM = """
import { attributes, legalId } from "./attributes";
import { decide } from "./decide";
Object.assign(window, { decideAll(experiments, raw, returning) {
  const url = location.href;
  const told = { url: url.slice(0, 1000), referrer: document.referrer.split(/[?#]/)[0] || undefined, returning };
  const known = attributes(url, returning);
  const answers = raw.map(legalId).map((id) => experiments.map((one) => decide(one, { id, attributes: known, url })));
  return { told, known, answers: answers.map((all) => all.map((one) => [one.index, one.in_experiment, one.reason])) };
} });
"""
CHROME = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/138.0.0.0 Safari/537.36"
PHONE = CHROME.replace("X11; Linux x86_64", "Linux; Android 10; K").replace(" Safari", " Mobile Safari")
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:141.0) Gecko/20100101 Firefox/141.0"
SHOP, BLOG = "https://shop.example/shop", "https://shop.example/blog/7"
# User agent, address, where from, been here before.
VISITS = [
    (CHROME, f"{SHOP}?utm_source=newsletter&utm_medium=email", "https://www.google.com/search?q=secret", True),
    (PHONE, f"{SHOP}/%C5%82%C3%B3d%C5%BA?utm_source=%C5%81%C3%B3d%C5%BA+2", None, True),
    (PHONE, f"{BLOG}#top", "https://www.google.pl/", False),
    (FIREFOX, f"{SHOP}/?promo=1", None, False),
    (f"{CHROME} Edg/138.0.0.0", f"{SHOP}?a=1&utm%5Fsource=newsletter&utm_medium=", "https://news.example:8443/x", None),
    (CHROME, f"{SHOP}/private", None, True),
    (FIREFOX, BLOG, "https://www.google.com/", True),
    (CHROME, f"{BLOG}?utm_medium=cpc&{'x' * 1500}&promo=1", None, True),
    (PHONE, "https://www.shop.example:8443/shop?", "https://t.co/", None),
    (CHROME, "https://shop.example/", None, False),
]
AUDIENCE = {
    "$or": [
        {"deviceType": "mobile", "utmSource": {"$in": ["newsletter", "Łódź 2"]}},
        {"browser": {"$nin": ["firefox", "unknown"]}, "returning": True},
        {"referrer": {"$regex": r"^www\.google\."}, "returning": {"$ne": True}},
        {"url": {"$regex": "promo=1"}},
        {"host": "www.shop.example:8443", "query": "", "path": {"$ne": "/"}},
        {"browser": "edge", "utmMedium": "", "referrer": "news.example:8443"},
    ],
    "$not": {"utmMedium": "cpc"},
}
PAGES = (
    Page(True, "simple", "*shop.example/shop*"),
    Page(True, "regex", "^/blog/[0-9]+"),
    Page(False, "simple", "*/private"),
)
FILTERS = (
    Filter("holdout", "held", ((0.065, 1.0),)),
    Filter("outside_namespace", "__top", ((0.0, 0.5), (0.57, 1.0)), version=1),
    Filter("prerequisite", "before", ((0.0, 0.4), (0.45, 0.95))),
)
SCRIPTS = [
    ["ann", "bob", "cy"],
    ["żó", "łć", "ślą", "jaźń", "e\u0301"],
    ["єва", "ждан", "ілля", "щур"],
    ["🦊", "👩‍💻", "🇵🇱", "𝔘"],
]


def people():
    dice = random.Random(20261122)

    def one(place):
        name = "".join(dice.choices(SCRIPTS[place % 4], k=4))
        return str(uuid.UUID(int=dice.getrandbits(128), version=4)) if place % 8 == 0 else f"{name}-{place}"

    return [one(place) for place in range(PEOPLE)]


def split(plan, *, coverage=0.37, shares=(0.2, 0.5, 0.3)):
    ranges = bucket_ranges(3, coverage, shares)
    variants = [replace(one, bounds=limits) for one, limits in zip(plan.variants, ranges, strict=True)]
    return replace(plan, variants=tuple(variants))


ARMS = ("calm", "warm", "loud")
SERVED = [
    serving(split(make_plan("plain", ARMS))),
    serving(split(make_plan("strict", ARMS, condition=AUDIENCE, pages=PAGES, filters=FILTERS))),
    serving(make_plan("won", ARMS, condition=AUDIENCE, filters=FILTERS), state="shipped", shipped="loud"),
    serving(make_plan("held", ARMS, condition=AUDIENCE), state="paused"),
]
ONES = [one for served in SERVED for one in served.running.values()]


def decided_in(browser, script, visit, ids):
    """What the page at this address decides for each of them, and what it would tell a server."""
    agent, url, referrer, returning = visit
    context = browser.new_context(user_agent=agent, ignore_https_errors=True)
    context.route("**/*", lambda route: route.fulfill(body="<!doctype html>", content_type="text/html"))
    page = context.new_page()
    page.goto(url, referer=referrer)
    page.evaluate(script)
    found = page.evaluate("([...given]) => decideAll(...given)", [[experiment(one) for one in ONES], ids, returning])
    context.close()
    return found


def without_unknown(told):
    return {name: value for name, value in told.items() if value is not None}


def answers_to(visit, told, raw):
    """The server's, to the same page."""
    request = Request({"REQUEST_METHOD": "POST", "HTTP_USER_AGENT": visit[0], "HTTP_ORIGIN": "https://shop.example"})
    answers = []
    for one, served in zip(ONES, SERVED, strict=True):
        outcome = one.assign(question_of(request, KEY, served, (normal_id(raw), ""), without_unknown(told)))
        answers.append([one.plan.variants.index(outcome.variant), outcome.in_experiment, outcome.reason])
    return answers


@pytest.fixture(scope="module")
def asked(browser):
    """By visit: the visitors, what the browser said, and what the server says."""
    everybody, script = people(), bundle(PROGRAM, "--format=iife")
    found = []
    for place, visit in enumerate(VISITS):
        ids = everybody[place :: len(VISITS)]
        told = decided_in(browser, script, visit, ids)
        found.append((visit, ids, told, [answers_to(visit, told["told"], raw) for raw in ids]))
    return found


def test_the_browser_knows_of_itself_what_the_server_derives(asked):
    names = frozenset({"returning", *FINDERS}) - {"country", "os", "channel"}
    for (agent, *_), _, found, _ in asked:
        told = without_unknown(found["told"])
        seen = Surroundings(agent, told["url"], told.get("referrer", ""))

        # The referrer is told whole, and then derived.
        ours = {name: told[name] for name in ("url", "returning") if name in told} | derived(names - {"url"}, seen)
        assert without_unknown(found["known"]) == ours


def test_nobody_is_decided_otherwise_in_the_browser(asked):
    differing = [
        (visit, raw, theirs, ours)
        for visit, ids, told, answers in asked
        for raw, theirs, ours in zip(ids, told["answers"], answers, strict=True)
        if theirs != ours
    ]

    assert differing[:3] == []
    assert sum(len(told["answers"]) for _, _, told, _ in asked) == PEOPLE


def test_every_outcome_is_met_by_a_thousand_and_more(asked):
    met = [Counter() for _ in ONES]
    for _, _, _, answers in asked:
        for every in answers:
            for counter, (index, inside, reason) in zip(met, every, strict=True):
                counter[ARMS[index] if inside else reason] += 1

    plain, strict, won, held = met
    outside = {"outside_coverage", "outside_audience", "outside_page", "outside_namespace", "holdout", "prerequisite"}
    assert set(plain) == {*ARMS, "outside_coverage"}
    assert set(strict) == {*ARMS, *outside}
    assert set(won) == {"shipped", "outside_audience", "holdout"}
    assert set(held) == {"paused"}
    assert min(min(counter.values()) for counter in met) >= LEAST, met
