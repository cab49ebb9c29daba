"""Every way to ask gives the same answer: ours and OFREP's by the server, GrowthBook's SDKs by themselves."""

import random
import uuid
from collections import Counter

import pytest
from growthbook import GrowthBook

# A hundred and thirty thousand questions take a minute on two cores, and several on busy ones.
pytestmark = pytest.mark.timeout(900)

# So many that the smallest outcomes (20 % of coverage 0.37, the holdout; each in the audience) have over a thousand:
# about 1,200 are expected, give or take 35.
PEOPLE = 22_000
LEAST = 1_000
FLAGS = ["hero", "sequel"]
VARIANTS = {"calm": "Hello", "warm": "Cześć", "loud": "Привіт 👋"}
WEIGHTS = [20, 50, 30]
COUNTRIES = ["PL", "UA", "DE", "FR", "GB", "JP", "US"]
CITIES = ["Łódź", "Київ", "Berlin", "Gdańsk"]
# Every part of it excludes somebody, so that a client that reads it otherwise is found out.
AUDIENCE = {
    "$or": [
        {"country": {"$inGroup": "neighbours"}, "age": {"$gte": 20}},
        {"city": "Łódź", "returning": {"$ne": True}},
        {"country": {"$nin": ["PL", "UA", "DE"]}, "app.version": {"$vgte": "2.10.0"}},
        {"tags": {"$elemMatch": {"$eq": "vip"}}},
    ],
    "$not": {"browser": "unknown"},
}
SYLLABLES = {
    "latin": ["ann", "bob", "cy", "dee", "ed"],
    "polish": ["żó", "łć", "gę", "ślą", "jaźń"],
    "cyrillic": ["єва", "ждан", "ілля", "щур", "юра"],
    "emoji": ["🦊", "👩‍💻", "🇵🇱", "é", "𝔘"],
}


def visitors(number: int) -> list[dict[str, object]]:
    """The same ones in every run; a quarter each of plain ids, Polish, Cyrillic and beyond the basic plane."""
    dice = random.Random(20261122)
    scripts = list(SYLLABLES.values())

    def one(place: int) -> dict[str, object]:
        name = "".join(dice.choices(scripts[place % 4], k=4))
        unique = uuid.UUID(int=dice.getrandbits(128), version=4)
        return {
            "id": str(unique) if place % 4 == 0 else f"{name}-{place}",
            "country": dice.choice(COUNTRIES),
            "age": dice.randint(12, 80),
            "city": dice.choice(CITIES),
            "returning": dice.random() < 0.5,
            "browser": "unknown" if dice.random() < 0.05 else dice.choice(["chrome", "firefox", "safari", "edge"]),
            "app": {"version": dice.choice(["2.9.9", "2.10.0", "3.0.1", "11.2.0"])},
            "tags": dice.sample(["vip", "new", "mail"], k=dice.randint(0, 2)),
        }

    return [one(place) for place in range(number)]


@pytest.fixture(scope="module")
def users():
    return visitors(PEOPLE)


@pytest.fixture(scope="module")
def running(site):
    """One test with everything that can keep a visitor out, and one that follows on it."""
    site.api.ok("PATCH", "/api/v1/holdout/", {"share": 0.065})
    site.api.ok("POST", "/api/v1/namespaces/", {"key": "top"})
    neighbours = {"key": "neighbours", "attribute": "country", "values": ["PL", "UA", "DE"], "public": True}
    site.api.ok("POST", "/api/v1/groups/", neighbours)
    limits = {"coverage": 0.37, "namespace": "top", "namespace_share": 0.93, "condition": AUDIENCE}
    site.run("hero", VARIANTS, kind="string", weights=WEIGHTS, **limits)
    after = [{"experiment": "hero", "variants": ["warm", "loud"]}]
    site.run("sequel", {"same": "a", "more": "b"}, kind="string", coverage=0.9, prerequisites=after)


@pytest.fixture(scope="module")
def asked(site, node, users, running):
    order = {"baseUrl": site.base_url, "key": site.key, "flags": FLAGS, "users": users}
    return node("agreement", order, seconds=840)


@pytest.fixture(scope="module")
def python(site, users, running):
    """What GrowthBook's Python SDK decides from our payload."""
    sdk = GrowthBook(api_host=site.base_url, client_key=site.key)
    sdk.load_features()
    answers = []
    for user in users:
        sdk.set_attributes(user)
        answers.append([told(sdk.eval_feature(flag)) for flag in FLAGS])
    sdk.destroy()
    return answers


def told(found):
    result = found.experimentResult
    return [result.key if result and result.inExperiment else None, found.value]


def outcomes(asked, flag):
    return Counter(answers[FLAGS.index(flag)][0] or answers[FLAGS.index(flag)][2] for answers in asked["assign"])


def test_every_outcome_is_met_by_a_thousand_and_more(asked):
    hero, sequel = outcomes(asked, "hero"), outcomes(asked, "sequel")

    outside = {"holdout", "outside_namespace", "outside_audience", "outside_coverage"}
    assert set(hero) == {*VARIANTS, *outside}
    assert min(hero.values()) >= LEAST, hero
    assert sequel["same"] + sequel["more"] + sequel["outside_coverage"] == hero["warm"] + hero["loud"]
    assert min(sequel["same"], sequel["more"], sequel["prerequisite"]) >= LEAST, sequel


@pytest.mark.parametrize("way", ["single", "bulk", "local", "python"])
def test_nobody_gets_another_answer_by_another_way(way, asked, python, users):
    ours = [[[variant, value] for variant, value, _ in answers] for answers in asked["assign"]]
    theirs = python if way == "python" else asked[way]

    # Asked one by one, most are asked about the first flag only.
    disagreeing = [found for found in zip(users, ours, theirs, strict=True) if found[1][: len(found[2])] != found[2]]

    assert disagreeing[:5] == []
    assert len(theirs) == PEOPLE
    assert {hero[1] for hero, *_ in theirs} == set(VARIANTS.values())
    assert sum(len(answers) == len(FLAGS) for answers in theirs) >= PEOPLE / 10
