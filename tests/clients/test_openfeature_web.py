"""OpenFeature in the browser: the web SDK with its OFREP provider, unchanged, in Chromium on another origin."""

from collections.abc import Iterator

import pytest

from tests.clients.site import Pages, Site, serving
from tests.http import eventually

AUDIENCE = {"plan": "gold"}
START = """async ([options, context, name]) => {
  const { OpenFeature, OFREPWebProvider } = globalThis.openfeature;
  await OpenFeature.setContext(context);
  await OpenFeature.setProviderAndWait(new OFREPWebProvider(options)).catch((error) => error);
  return [OpenFeature.getClient().providerStatus, OpenFeature.getClient().getStringDetails(name, "-")];
}"""
CHANGE = """async ([context, name]) => {
  await globalThis.openfeature.OpenFeature.setContext(context);
  return globalThis.openfeature.OpenFeature.getClient().getStringDetails(name, "-");
}"""
READ = """name => globalThis.openfeature.OpenFeature.getClient().getStringDetails(name, "-")"""
# What a provider does when somebody comes back to the tab.
COME_BACK = "() => document.dispatchEvent(new Event('visibilitychange'))"


@pytest.fixture(scope="module", autouse=True)
def flags(site: Site) -> None:
    site.run("headline", {"plain": "Hello", "warm": "Cześć"}, kind="string")
    site.run("offer", {"none": "no", "some": "yes"}, kind="string", weights=[0.000001, 1], condition=AUDIENCE)


@pytest.fixture(scope="module")
def pages(web_bundle, tmp_path_factory) -> Iterator[Pages]:
    file = tmp_path_factory.mktemp("served") / "openfeature.js"
    file.write_bytes(web_bundle)
    with serving({"/openfeature.js": file}) as pages:
        pages.put("/", '<script src="/openfeature.js"></script>')
        yield pages


@pytest.fixture
def opened(page, pages):
    page.goto(pages.origin)
    return page


@pytest.fixture
def options(site):
    return {"baseUrl": site.base_url, "headers": [["Authorization", f"Bearer {site.key}"]], "cacheMode": "disabled"}


def bulk(response):
    return response.url.endswith("/ofrep/v1/evaluate/flags") and response.request.method == "POST"


def test_one_request_brings_every_flag_as_the_visitor_is_assigned(site, opened, options):
    visitor = site.visitor("headline", "warm")

    with opened.expect_response(bulk) as answered:
        status, details = opened.evaluate(START, [options, {"targetingKey": visitor}, "headline"])

    assert status == "READY"
    assert (details["value"], details["variant"], details["reason"]) == ("Cześć", "warm", "SPLIT")
    # Another test of this project's starts one more.
    assert {flag["key"] for flag in answered.value.json()["flags"]} - {"late"} == {"headline", "offer"}


def test_nothing_changed_costs_an_empty_304_and_the_flags_stay(site, opened, options):
    with opened.expect_response(bulk) as first:
        opened.evaluate(START, [options, {"targetingKey": "ann"}, "headline"])
    before = opened.evaluate(READ, "headline")

    with opened.expect_response(bulk) as second:
        opened.evaluate(COME_BACK)

    assert second.value.status == 304
    assert second.value.request.headers["if-none-match"] == first.value.headers["etag"]
    assert opened.evaluate(READ, "headline") == before


def test_a_changed_attribute_of_the_same_visitor_is_answered_anew(opened, options):
    _, before = opened.evaluate(START, [options, {"targetingKey": "ann", "plan": "free"}, "offer"])

    with opened.expect_response(bulk) as answered:
        after = opened.evaluate(CHANGE, [{"targetingKey": "ann", "plan": "gold"}, "offer"])

    assert answered.value.request.headers["if-none-match"]
    assert answered.value.status == 200
    assert (before["value"], before["reason"]) == ("no", "STATIC")
    assert (after["value"], after["reason"]) == ("yes", "SPLIT")


def test_another_visitor_gets_the_answer_of_that_visitor(site, opened, options):
    plain, warm = (site.visitor("headline", variant) for variant in ("plain", "warm"))

    _, first = opened.evaluate(START, [options, {"targetingKey": plain}, "headline"])
    second = opened.evaluate(CHANGE, [{"targetingKey": warm}, "headline"])

    assert (first["value"], second["value"]) == ("Hello", "Cześć")


def test_a_reload_shows_the_kept_answer_at_once_and_asks_whether_it_still_holds(site, opened, options):
    kept = {**options, "cacheMode": "local-cache-first"}
    context = {"targetingKey": site.visitor("headline", "warm")}
    opened.evaluate(START, [kept, context, "headline"])
    opened.reload()

    with opened.expect_response(bulk) as answered:
        _, details = opened.evaluate(START, [kept, context, "headline"])

    assert (details["value"], details["reason"]) == ("Cześć", "CACHED")
    assert answered.value.status == 304


def test_a_new_experiment_reaches_an_open_page_when_its_visitor_comes_back(site, opened, options):
    opened.evaluate(START, [options, {"targetingKey": "ann"}, "headline"])
    assert opened.evaluate(READ, "late")["errorCode"] == "FLAG_NOT_FOUND"
    site.run("late", {"a": "old", "b": "new"}, kind="string")

    with opened.expect_response(bulk) as answered:
        opened.evaluate(COME_BACK)

    assert answered.value.status == 200
    found = eventually(lambda: (told := opened.evaluate(READ, "late"))["reason"] == "SPLIT" and told, seconds=5)
    assert found["variant"] == site.assigned("ann", "late")["variant"]


def test_without_a_targeting_key_the_provider_says_what_is_missing(opened, options):
    with opened.expect_response(bulk) as answered:
        status, details = opened.evaluate(START, [options, {}, "headline"])

    assert answered.value.status == 400
    assert answered.value.json()["errorCode"] == "TARGETING_KEY_MISSING"
    assert (status, details["value"]) == ("ERROR", "-")


def test_a_wrong_key_stops_the_provider_for_good(opened, options):
    wrong = {**options, "headers": [["Authorization", "Bearer pk_wrong"]]}

    with opened.expect_response(bulk) as answered:
        status, details = opened.evaluate(START, [wrong, {"targetingKey": "ann"}, "headline"])

    assert answered.value.status == 401
    assert (status, details["value"]) == ("FATAL", "-")
