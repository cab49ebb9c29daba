import pytest
from tests.browser.shop import BUTTON, open_shop

@pytest.fixture
def shop(transactional_db):
    with open_shop() as shop:
        yield shop

def test_x(shop, page):
    shop.run()
    page.on("requestfinished", lambda r: print("FIN", r.method, r.url, r.response().status, r.response().text()[:300]))
    page.on("requestfailed", lambda r: print("FAIL", r.url, r.failure))
    page.goto(shop.put(BUTTON + shop.script(visitor=shop.visitor("green"))))
    page.wait_for_timeout(2500)
    print(page.content())
    print(page.evaluate("Object.keys(window.microlift||{})"))
    print(shop.told("experiment_viewed"))
