"""No variant makes a page harder to use: axe-core finds nothing that it does not find in the original."""

from pathlib import Path

import pytest

from tests.browser.variants.pages import visit

AXE = Path(__file__).parents[2] / "clients/node_modules/axe-core/axe.min.js"
PAGE = """<main><h1>Shop</h1><p id="price">9 €</p><div><button id="buy">Add to cart</button></div>
<form id="lead"><div><label for="e">E-mail</label><input id="e" name="email"></div>
<div><label for="p">Phone</label><input id="p" name="phone" type="tel"></div><button>Send</button></form></main>"""
BUY, LEAD = {"selector": "#buy"}, {"selector": "#lead"}
OFFER = {"title": "10 % off", "text": "Today only.", "button": "Show me", "url": "/offers"}
VARIANTS = [
    ("cta", BUY | {"text": "Start free", "background": "#0f7b4f", "color": "#ffffff", "size": "small", "icon": "star"}),
    ("cta", BUY | {"microcopy": "Cancel at any time", "position": "before:#price", "icon": "arrow"}),
    *(("cta", BUY | {"sticky": place}) for place in ("top", "bottom", "floating")),
    ("form", LEAD | {"hide": ["phone"], "labels": {"email": "Mail"}, "required": {"email": True}}),
    ("form", LEAD | {"order": ["phone", "email"], "placeholders": {"email": "you@example"}}),
    ("form", LEAD | {"autocomplete": {"email": "email", "phone": "tel"}, "button": "Go"}),
    ("form", LEAD | {"steps": [["email"], ["phone"]], "progress": True, "next": "Continue", "back": "Back"}),
    *(("popup", OFFER | {"place": place}) for place in ("center", "corner", "bar")),
]


def violations(page):
    page.add_script_tag(path=AXE)
    found = page.evaluate("axe.run(document).then(({violations}) => violations.map(v => [v.id, v.nodes.length]))")
    return dict(found)


@pytest.mark.parametrize(("kind", "payload"), VARIANTS)
def test_nothing_new_is_found(server, page, kind, payload):
    shop = server.shop()
    page.goto(shop.put(f'<html lang="en"><head></head><body>{PAGE}</body></html>', "original"))
    before = violations(page)

    visit(shop, page, PAGE, payload, kind)
    page.evaluate("document.documentElement.lang = 'en'")
    page.wait_for_load_state("networkidle")

    assert violations(page) == before


def test_something_is_found_where_something_is_wrong(server, page):
    shop = server.shop()

    visit(shop, page, PAGE, BUY | {"text": "Hardly", "color": "#eeeeee", "background": "#ffffff"})

    assert "color-contrast" in violations(page)
