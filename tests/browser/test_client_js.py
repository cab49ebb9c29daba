"""The browser client in a real page: what it shows."""

import pytest

from tests.browser.shop import BUTTON, open_shop


@pytest.fixture
def shop(transactional_db):
    with open_shop() as shop:
        yield shop


def test_the_treatment_changes_text_and_colours(shop, page):
    shop.run()

    page.goto(shop.put(BUTTON + shop.script(visitor=shop.visitor("green"))))

    page.wait_for_function("document.querySelector('#buy').textContent == 'Buy now'")
    style = page.evaluate("(s => [s.backgroundColor, s.color])(getComputedStyle(document.querySelector('#buy')))")
    assert style == ["rgb(15, 123, 79)", "rgb(255, 255, 255)"]
    assert shop.told("experiment_viewed") == [{"experiment": "hero", "variant": "green"}]
