"""The examples of docs/frontend.md do what they say, as they stand there."""

import json
import re
import urllib.request
from pathlib import Path

import pytest

from tests.browser.published import publish, wish
from tests.factories import make_key
from tracking.access import KEYRING

# One worker for the file: one Chromium, one server.

TEXT = (Path(__file__).resolve().parent.parent.parent / "docs" / "frontend.md").read_text()
PASTE, GUARD, OWN_ADDRESS, TRACK, READ, LAYER = re.findall(r"```html\n(.*?)```", TEXT, re.DOTALL)
(CONSENT,) = re.findall(r"```js\n(microlift\.q\.push.*?)```", TEXT, re.DOTALL)


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


def test_behind_the_guard_the_page_is_seen_soon(shop, page):
    page.goto(shop.put(ours(shop, GUARD + PASTE) + "<p>Welcome</p>"))

    page.wait_for_function("document.documentElement.style.opacity === ''")


def test_nothing_is_kept_or_told_before_consent(shop, page):
    wish(shop, requires_consent=True)
    page.goto(shop.put(ours(shop, TRACK + PASTE)))
    page.wait_for_function("window.microlift.variant")
    page.wait_for_timeout(500)
    assert (page.evaluate("localStorage.length"), shop.events("purchase", least=0)) == (0, [])

    page.evaluate(CONSENT)

    assert len(shop.told("purchase")) == 1
    assert page.evaluate("localStorage.length") > 0


def test_what_is_pushed_to_the_data_layer_is_told_where_a_trigger_asks_for_it(shop, page):
    publish(shop, {"kind": "data_layer", "event": "add_to_cart", "params": {"name": "add_to_cart"}})

    page.goto(shop.put(ours(shop, LAYER + PASTE)))

    (told,) = shop.told("add_to_cart")
    assert (told["value"], told["currency"], told["items"]) == (39.9, "EUR", [{"item_id": "A-7", "price": 39.9}])


def test_the_purchase_that_a_server_tells_counts_once(shop):
    body = re.search(r"-d '(.*?)'\n```", TEXT, re.DOTALL)[1].encode()
    secret = make_key(shop.project)[1]
    KEYRING.forget()
    order = urllib.request.Request(f"{shop.api}/v1/events", body, {"Authorization": f"Bearer {secret}"})

    answers = [json.load(urllib.request.urlopen(order))["results"][0]["status"] for _ in range(2)]

    assert answers == ["stored", "duplicate"]
