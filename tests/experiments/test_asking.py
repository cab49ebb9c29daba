"""What a request tells of who asks: typed attributes, previews, robots and people who have opted out."""

import pytest
from django.utils import timezone

from experiments.lifecycle import start
from experiments.snapshot import SNAPSHOT
from tests.factories import make_experiment, make_key, make_project
from tests.wsgi import ask
from tracking.access import KEYRING

ENGINE = "(KHTML, like Gecko)"
CHROME = f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 {ENGINE} Chrome/138.0.0.0 Safari/537.36"
IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15"
PHONE = f"{IPHONE} {ENGINE} Version/18.0 Mobile/15E148 Safari/604.1"
PAGE = {"User_Agent": CHROME, "Origin": "https://shop.example"}


@pytest.fixture
def project(db):
    KEYRING.forget()
    SNAPSHOT.forget()
    yield make_project()
    KEYRING.forget()
    SNAPSHOT.forget()


def started(project, key="hero", **fields):
    start(make_experiment(project, key, **fields), at=timezone.now())
    SNAPSHOT.forget()


def hero(project, attributes=None, kind="client", wanted=("hero",), **headers):
    token = make_key(project, kind)[1]
    KEYRING.forget()
    question = {"visitor_id": "ann", "attributes": attributes, "experiments": list(wanted)}
    return ask("POST", "/v1/assign", question, key=token, **headers).json["assignments"]["hero"]


def test_the_device_is_read_from_the_request_of_a_page(project):
    started(project, condition={"deviceType": "mobile"})

    assert hero(project, **PAGE)["reason"] == "outside_audience"
    assert hero(project, **{**PAGE, "User_Agent": PHONE})["reason"] == "assigned"


def test_a_server_tells_of_the_visitor_it_asks_for_and_is_not_taken_for_one(project):
    started(project, condition={"deviceType": "mobile"})

    assert hero(project, kind="secret", User_Agent=PHONE)["reason"] == "outside_audience"
    assert hero(project, {"userAgent": PHONE}, kind="secret", User_Agent="python-requests/2")["reason"] == "assigned"
    assert hero(project, {"deviceType": "mobile"}, kind="secret")["reason"] == "assigned"


def test_the_country_comes_from_the_address_that_a_trusted_gateway_saw(project):
    started(project, condition={"country": "US"})
    american = "8.8.8.8"

    assert hero(project, Remote_Addr="1", **PAGE)["reason"] == "outside_audience"
    assert hero(project, {"country": "us"}, **PAGE)["reason"] == "assigned"
    assert hero(project, X_Forwarded_For=american, **PAGE)["reason"] == "outside_audience", "nobody vouches for it"


def test_the_address_says_which_page_and_which_campaign(project):
    page = {"include": True, "kind": "simple", "pattern": "/pricing"}
    started(project, condition={"utmSource": "news"}, pages=[page])

    assert hero(project, {"url": "https://shop.example/pricing?utm_source=news"})["reason"] == "assigned"
    assert hero(project, {"url": "https://shop.example/pricing"})["reason"] == "outside_audience"
    assert hero(project, {"url": "https://shop.example/?utm_source=news"})["reason"] == "outside_page"
    assert hero(project)["reason"] == "outside_page", "nobody said which page it is"


def test_experiments_of_other_pages_are_left_out_unless_asked_for(project):
    page = {"include": True, "kind": "simple", "pattern": "/pricing"}
    started(project, pages=[page])
    token = make_key(project, "client")[1]
    KEYRING.forget()

    reply = ask("POST", "/v1/assign", {"visitor_id": "ann", "attributes": {"url": "https://shop.example/"}}, key=token)

    assert reply.json["assignments"] == {}


@pytest.mark.parametrize(
    ("attributes", "headers", "reason"),
    [
        ({}, {**PAGE, "User_Agent": "Mozilla/5.0 (compatible; Googlebot/2.1)"}, "bot"),
        ({"userAgent": "Mozilla/5.0 (compatible; GPTBot/1.2)"}, {}, "bot"),
        ({}, {**PAGE, "Sec_GPC": "1"}, "opted_out"),
        ({"consent": "denied"}, PAGE, "opted_out"),
        ({"consent": False}, PAGE, "opted_out"),
        ({"consent": "granted"}, PAGE, "assigned"),
        ({}, {"User_Agent": "python-requests/2.32"}, "assigned"),
    ],
)
def test_robots_and_people_who_opted_out_get_the_control(project, attributes, headers, reason):
    started(project, variants=["original", {"key": "green", "weight": 3}])

    answer = hero(project, attributes, **headers)

    assert answer["reason"] == reason
    assert answer["in_experiment"] is (reason == "assigned")
    assert reason == "assigned" or answer["variant"] == "original"


@pytest.mark.parametrize(
    ("query", "variant", "reason"),
    [("hero=1", "green", "preview"), ("hero=green", "green", "preview"), ("a=b&hero=0", "original", "preview")],
)
def test_an_address_may_force_a_variant_and_is_not_counted(project, query, variant, reason):
    started(project, coverage=0.0001)

    answer = hero(project, {"url": f"https://shop.example/?{query}#top"})

    assert (answer["variant"], answer["in_experiment"], answer["reason"]) == (variant, False, reason)


@pytest.mark.parametrize("query", ["hero=2", "hero=-1", "hero=blue", "hero=", "hero=\u0661", "other=1"])
def test_what_names_no_variant_forces_nothing(project, query):
    started(project)

    assert hero(project, {"url": f"https://shop.example/?{query}"})["reason"] == "assigned"
