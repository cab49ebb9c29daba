"""The examples of docs/frontend.md do what they say, as they stand there."""

import json
import re
import urllib.request
from pathlib import Path

import pytest

from tests.browser.shop import open_server
from tests.factories import make_key
from tracking.access import KEYRING

# One worker for the file: one Chromium, one server.

TEXT = (Path(__file__).resolve().parent.parent.parent / "docs" / "frontend.md").read_text()
PASTE, TRACK, READ, CONSENT = re.findall(r"```html\n(.*?)```", TEXT, re.DOTALL)


@pytest.fixture(scope="module")
def server(transactional_db):
    with open_server() as server:
        yield server


@pytest.fixture
def shop(server):
    return server.shop()


def ours(shop, example):
    return example.replace("https://microlift.example", shop.api).replace("pk_your_client_key", shop.key)


def test_the_line_to_paste_and_the_event_to_tell(shop, page):
    page.goto(shop.put(ours(shop, TRACK + PASTE)))

    assert shop.told("purchase") == [{"value": 39.9, "currency": "EUR", "transaction_id": "A-1042"}]


@pytest.mark.parametrize(("per", "shown"), [("month", "€12 a month"), ("year", "€120 a year")])
def test_a_variant_that_the_page_reads_itself(shop, page, per, shown):
    chosen = {"key": per, "payload": {"per": per}}
    shop.run("pricing", kind="json", variants=[chosen, {"key": "other", "weight": 0}])

    page.goto(shop.put(ours(shop, PASTE + READ)))

    assert shop.told("experiment_viewed") == [{"experiment": "pricing", "variant": per, "phase": 1}]
    assert page.inner_text("#price") == shown


def test_nothing_is_stored_or_asked_before_consent(shop, page):
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(shop.put(ours(shop, CONSENT + TRACK)))
    assert (page.evaluate("localStorage.length"), [url for url in asked if "/v1/" in url]) == (0, [])

    page.evaluate("consented()")

    assert len(shop.told("purchase")) == 1
    assert page.evaluate("localStorage.length") > 0


def test_the_purchase_that_a_server_tells_counts_once(shop):
    body = re.search(r"-d '(.*?)'\n```", TEXT, re.DOTALL)[1].encode()
    secret = make_key(shop.project)[1]
    KEYRING.forget()
    order = urllib.request.Request(f"{shop.api}/v1/events", body, {"Authorization": f"Bearer {secret}"})

    answers = [json.load(urllib.request.urlopen(order))["results"][0]["status"] for _ in range(2)]

    assert answers == ["stored", "duplicate"]
