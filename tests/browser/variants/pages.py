"""Pages of a shop whose only test gives everybody the new variant."""

from typing import Any

from playwright.sync_api import Page

from tests.browser.shop import Shop, shown

EVIL = "<img src=x onerror=\"window.hacked='yes'\">"
ONLY_HERE = [{"include": True, "kind": "simple", "pattern": "*/page"}]
# What is shifted while nobody touches the page.
WATCH = """
window.shifted = 0;
new PerformanceObserver(list => list.getEntries().forEach(one => { shifted += one.value }))
    .observe({type: 'layout-shift', buffered: true});
"""


def visit(shop: Shop, page: Page, html: str, payload: dict[str, Any], kind: str = "cta", **more: Any) -> Page:
    """A page with this content, its script in the head, once the client knows what to show."""
    run(shop, payload, kind, **more)
    page.add_init_script(WATCH)
    page.goto(shop.put(f"<head>{shop.script()}</head><body>{html}</body>"))
    shown(page)
    return page


def run(shop: Shop, payload: dict[str, Any], kind: str = "cta", **more: Any) -> None:
    variants = [{"key": "original", "weight": 0}, {"key": "new", "payload": payload}]
    shop.run("hero", kind=kind, variants=variants, **more)


def style_of(page: Page, selector: str, *names: str) -> Any:
    """As the browser computes it."""
    return page.evaluate(
        "([s, names]) => (c => names.map(n => c.getPropertyValue(n)))(getComputedStyle(document.querySelector(s)))",
        [selector, list(names)],
    )


def words(page: Page) -> str:
    return str(page.evaluate("document.body.innerText.replace(/\\s+/g, ' ').trim()"))
