"""What a variant changes about a call to action: each field, on elements there and to come, and back again."""

from functools import partial

import pytest
from playwright.sync_api import expect

from tests.browser.variants.pages import EVIL, ONLY_HERE, style_of, visit, words

# One worker for the file: one Chromium, one server.

CARD = (
    '<section id="card"><p id="price">9 €</p><a id="more" href="#more">More</a><button id="buy">Buy</button></section>'
)
LOOKS = {"selector": "#buy", "text": "Start free", "background": "#0f7b4f", "color": "#ffffff", "size": "large"}
AROUND = {"selector": "#buy", "icon": "star", "microcopy": "No card needed", "position": "before:#price"}


@pytest.fixture
def meet(server, page):
    """``meet(html, payload)``: a page with this content, as the new variant shows it."""
    return partial(visit, server.shop(), page)


def test_words_colours_and_size(meet):
    page = meet(CARD, LOOKS)

    assert page.inner_text("#buy") == "Start free"
    assert style_of(page, "#buy", "background-color", "color", "zoom") == [
        "rgb(15, 123, 79)",
        "rgb(255, 255, 255)",
        "1.25",
    ]


def test_a_drawing_in_the_button_stays_when_its_words_change(meet):
    page = meet(
        '<button id="buy"><svg width="9" height="9"></svg> <b>Add</b> to cart</button>', {**LOOKS, "size": "90%"}
    )

    assert (page.inner_text("#buy").strip(), page.locator("#buy svg").count()) == ("Start free", 1)


@pytest.mark.parametrize(
    ("position", "order"),
    [
        ("first", "Buy 9 € More"),
        ("last", "9 € More Buy"),
        ("before:#more", "9 € Buy More"),
        ("after:#price", "9 € Buy More"),
        ("before:#nowhere", "9 € More Buy"),
        ("before:#buy", "9 € More Buy"),
    ],
)
def test_its_place(meet, position, order):
    page = meet(CARD, {"selector": "#buy", "position": position})

    assert words(page).replace(" ", "") == order.replace(" ", "")


def test_the_last_stays_last_while_its_group_is_still_read(meet):
    page = meet(
        '<div><button id="buy">Buy</button><a>One</a><a>Two</a></div>', {"selector": "#buy", "position": "last"}
    )

    assert page.evaluate("document.querySelector('div').lastElementChild.id") == "buy"


@pytest.mark.parametrize(
    ("sticky", "edge"),
    [("top", "y < 40"), ("bottom", "bottom > innerHeight - 40"), ("floating", "right > innerWidth - 60")],
)
def test_always_in_sight(meet, sticky, edge):
    page = meet(f"{CARD}<div style='height: 3000px'></div>", {"selector": "#buy", "sticky": sticky})

    page.evaluate("scrollTo(0, 2000)")

    assert page.evaluate(
        f"(({{y, bottom, right}}) => y >= 0 && {edge})(document.querySelector('#buy').getBoundingClientRect())"
    )


def test_an_icon_is_seen_and_not_read_aloud(meet):
    page = meet(CARD, {"selector": "#buy", "icon": "cart", "microcopy": "Cancel at any time"})

    expect(page.get_by_role("button", name="Buy", exact=True)).to_have_text("🛒 Buy")
    assert words(page) == "9 € More🛒 Buy Cancel at any time"


def test_an_input_takes_the_icon_into_its_words(meet):
    page = meet('<input id="buy" type="submit" value="Order">', {"selector": "#buy", "icon": "lock"})

    assert page.input_value("#buy") == "🔒 Order"


def test_what_is_read_aloud_says_the_new_words(meet):
    page = meet('<button id="buy" aria-label="Add to cart">Add</button>', {"selector": "#buy", "text": "Start free"})

    assert page.get_attribute("#buy", "aria-label") == "Start free"


@pytest.mark.parametrize("field", ["text", "microcopy"])
def test_markup_stays_text(meet, field):
    page = meet(CARD, {"selector": "#buy", "text": "Go", field: EVIL})

    assert EVIL in page.inner_text("body")
    assert page.evaluate("[document.querySelectorAll('img').length, window.hacked]") == [0, None]


@pytest.mark.parametrize("payload", [LOOKS, AROUND, {"selector": "#buy", "sticky": "top"}])
def test_it_is_undone_where_the_test_does_not_run(meet, payload):
    page = meet(CARD, payload, pages=ONLY_HERE)
    changed = page.inner_html("#card")

    page.evaluate("history.pushState({}, '', 'elsewhere')")

    back = page.evaluate("document.querySelector('#card').outerHTML.replace(/ style=\"\"/g, '')")
    assert changed != back == CARD


def test_an_element_that_comes_late_is_changed_before_it_is_painted(meet):
    page = meet("<main></main>", LOOKS | {"microcopy": "No card needed"})

    seen = page.evaluate(f"""new Promise(done => {{
        document.querySelector('main').innerHTML = `{CARD}`;
        requestAnimationFrame(() => done(document.querySelector('#buy').textContent));
    }})""")

    assert (seen, words(page)) == ("Start free", "9 € MoreStart free No card needed")


def test_an_application_that_draws_over_it_is_drawn_over(meet):
    page = meet(CARD, LOOKS | {"icon": "star", "microcopy": "No card needed"})

    page.evaluate("document.querySelector('#buy').textContent = 'Buy (1)'")
    page.evaluate("document.querySelector('#card').innerHTML += ''")

    assert words(page) == "9 € More★ Start free No card needed"


def test_two_who_insist_do_not_freeze_the_page(meet):
    page = meet(CARD, LOOKS)

    page.evaluate("""new MutationObserver(() => { const b = document.querySelector('#buy');
        if (b.textContent !== 'Mine') b.textContent = 'Mine' }).observe(document, {subtree: true, childList: true,
        characterData: true}); document.querySelector('#buy').textContent = 'Mine'""")

    assert page.evaluate("new Promise(done => setTimeout(() => done('alive'), 50))") == "alive"


def test_what_the_application_has_written_since_is_given_back(meet):
    page = meet(CARD, LOOKS, pages=ONLY_HERE)

    page.evaluate("document.querySelector('#buy').firstChild.data = 'Buy (2)'")
    shown = page.inner_text("#buy")
    page.evaluate("history.pushState({}, '', 'elsewhere')")

    assert (shown, page.inner_text("#buy")) == ("Start free", "Buy (2)")
