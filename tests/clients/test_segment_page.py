"""Segment and RudderStack in a page: their scripts, unchanged, in Chromium on another origin than ours."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.clients.dropping import Line, line_to
from tests.clients.site import Pages, Site, serving
from tests.http import eventually

HERE = Path(__file__).parent
# ``settings``: the script asks us where to send, as it asks Segment's CDN; without, the page tells it.
SEGMENT = """async ([base, key, settings]) => {
  const [protocol, host] = base.split("://");
  const own = settings ? { cdnURL: base } : { cdnSettings: { integrations: { "Segment.io": { apiKey: key } } } };
  const destination = { apiHost: host + "/v1", protocol };
  const options = settings ? {} : { integrations: { "Segment.io": destination } };
  const [analytics] = await globalThis.clients.AnalyticsBrowser.load({ writeKey: key, ...own }, options);
  globalThis.analytics = analytics;
  return analytics.user().anonymousId();
}"""
RUDDERSTACK = """([base, key, useBeacon]) => new Promise((loaded) => {
  const analytics = new globalThis.clients.RudderAnalytics();
  globalThis.analytics = analytics;
  analytics.ready(() => loaded(analytics.getAnonymousId()));
  analytics.load(key, base, { configUrl: base, useBeacon, beaconQueueOptions: { flushQueueInterval: 200 } });
})"""
SAY = """() => {
  globalThis.analytics.page("Home");
  globalThis.analytics.identify("u1", { email: "canary@shop.example" });
  globalThis.analytics.track("Order Completed", { order_id: "o-1", revenue: 49.9 });
  globalThis.analytics.track("Experiment Viewed", { experimentId: "x", variationId: "y" });
}"""
SAID = ["experiment_viewed", "identify", "page_view", "purchase"]


@pytest.fixture(scope="module")
def pages(modules, tmp_path_factory) -> Iterator[Pages]:
    made = tmp_path_factory.mktemp("bundle") / "clients.js"
    command = [str(modules / ".bin/esbuild"), "segment_web.mjs", "--bundle", "--format=iife", f"--outfile={made}"]
    done = subprocess.run(command, cwd=HERE, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    with serving({"/clients.js": made}) as pages:
        pages.put("/", '<script src="/clients.js"></script>')
        yield pages


@pytest.fixture(scope="module")
def line(site: Site) -> Iterator[Line]:
    with line_to(site.base_url) as line:
        yield line


@pytest.fixture
def asked(page):
    """Where the page has sent anything."""
    seen: list[str] = []
    page.on("request", lambda request: seen.append(request.url))
    return seen


@pytest.fixture
def opened(page, pages, line):
    line.drops, line.answered = 0, []
    page.goto(pages.origin)
    return page


def stored(site, visitor):
    rows = site.house.query(
        "SELECT e.name, e.user_id, e.properties, e.context FROM tracking_event e"
        " JOIN tracking_project p ON p.id = e.project_id WHERE p.key = %s AND e.visitor_id = %s ORDER BY e.name",
        site.project,
        visitor,
    )
    return rows if len(rows) >= len(SAID) else []


def check(site, pages, visitor):
    found = eventually(lambda: stored(site, visitor), seconds=30)
    assert [row[0] for row in found] == SAID
    told = {name: (user, properties, context) for name, user, properties, context in found}
    assert told["purchase"][:2] == ("u1", {"transaction_id": "o-1", "value": 49.9})
    assert told["experiment_viewed"][1] == {"experiment": "x", "variant": "y"}
    assert told["page_view"][2]["url"].startswith(pages.origin)
    assert "canary" not in str(found)


def test_segments_script_finds_us_by_its_settings_and_sends_nowhere_else(site, pages, opened, asked):
    visitor = opened.evaluate(SEGMENT, [site.base_url, site.key, True])

    opened.evaluate(SAY)

    check(site, pages, visitor)
    assert {url.split("/v1/")[0] for url in asked if not url.startswith(pages.origin)} == {site.base_url}


def test_what_segments_script_says_again_is_not_counted_again(site, pages, line, opened):
    visitor = opened.evaluate(SEGMENT, [line.base_url, site.key, False])
    line.drops = 2

    opened.evaluate(SAY)

    eventually(lambda: line.drops == 0 and len(line.answered) >= len(SAID) + 2, seconds=30)
    check(site, pages, visitor)


def test_rudderstacks_script_is_configured_by_us_and_sends_nowhere_else(site, pages, opened, asked):
    visitor = opened.evaluate(RUDDERSTACK, [site.base_url, site.key, False])

    opened.evaluate(SAY)

    check(site, pages, visitor)
    assert all(url.startswith((pages.origin, site.base_url)) for url in asked)


def test_rudderstacks_beacons_are_heard(site, pages, line, opened):
    visitor = opened.evaluate(RUDDERSTACK, [line.base_url, site.key, True])

    opened.evaluate(SAY)

    check(site, pages, visitor)
    assert {(path.partition("?")[0], status) for path, status in line.answered} == {("/beacon/v1/batch", 200)}


def test_what_rudderstacks_script_says_again_is_not_counted_again(site, pages, line, opened):
    visitor = opened.evaluate(RUDDERSTACK, [line.base_url, site.key, False])
    line.drops = 2

    opened.evaluate(SAY)

    eventually(lambda: line.drops == 0 and len(line.answered) >= len(SAID) + 2, seconds=30)
    check(site, pages, visitor)
