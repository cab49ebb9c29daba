"""What a variant changes about a form, in forms of different make, and back again."""

import pytest
from playwright.sync_api import expect

from tests.browser.variants.pages import EVIL, ONLY_HERE, visit, words

FORM = """<form id="lead" onsubmit="sent = [...new FormData(this)].map(p => p.join('=')).join('&'); return false">
<div><label for="m">E-mail</label><input id="m" name="email" required></div>
<div><label>Phone <input name="phone" required></label></div>
<fieldset><legend>Plan</legend><label><input type="radio" name="plan" value="a">A</label><label><input type="radio"
 name="plan" value="b">B</label></fieldset>
<p><label for="t">Text</label><textarea id="t" name="text"></textarea></p><button>Send</button></form>"""
FLAT = """<form id="lead"><label for="a">Name</label><input id="a" name="name"><label for="b">E-mail</label>
<input id="b" name="email"><input type="hidden" name="token"><input type="submit" value="Go"></form>"""
LEAD = {"selector": "#lead"}
STEPS = LEAD | {"steps": [["email"], ["phone", "plan"]], "progress": True, "next": "Continue", "back": "Back"}


@pytest.fixture
def meet(server, page):
    """``meet(html, payload)``: a page with this content, as the new variant shows it."""

    def ready(html, payload, **more):
        made = visit(server.shop(), page, html, payload, "form", **more)
        made.wait_for_load_state("networkidle")
        return made

    return ready


def test_a_hidden_field_is_neither_seen_nor_asked_for(meet):
    page = meet(FORM, LEAD | {"hide": ["phone", "plan"]})
    page.fill("[name=email]", "a@b.example")
    page.click("text=Send")

    expect(page.get_by_text("Phone")).to_be_hidden()
    expect(page.get_by_text("Plan")).to_be_hidden()
    assert page.evaluate("sent") == "email=a@b.example&phone=&text="


@pytest.mark.parametrize(
    ("html", "order", "seen"),
    [
        (FORM, ["text", "email"], "Text E-mail Phone Plan A B Send"),
        (FLAT, ["email", "name"], "E-mail Name"),
    ],
)
def test_fields_stand_in_the_order_asked_for(meet, html, order, seen):
    page = meet(html, LEAD | {"order": order})

    names = page.evaluate("[...document.forms[0].elements].map(e => e.name).filter(n => n && n !== 'token')")
    assert [name for name in names if name in order] == order
    assert words(page).replace(" ", "") == seen.replace(" ", "")


def test_words_beside_and_inside_fields(meet):
    payload = LEAD | {
        "labels": {"email": "Work e-mail", "plan": "Which plan?", "phone": "Call me at"},
        "button": "Get it",
    }
    page = meet(FORM, payload | {"placeholders": {"email": "you@work.example"}, "autocomplete": {"email": "email"}})

    assert words(page) == "Work e-mail Call me at Which plan? AB Text Get it"
    field = page.get_by_label("Work e-mail")
    assert [field.get_attribute(name) for name in ("placeholder", "autocomplete")] == ["you@work.example", "email"]


def test_a_field_without_a_label_gets_one(meet):
    page = meet(
        '<form id="lead"><input name="email" placeholder="E-mail"></form>', LEAD | {"labels": {"email": "Mail"}}
    )

    expect(page.get_by_label("Mail")).to_have_attribute("name", "email")


def test_required_and_what_it_says_when_something_is_missing(meet):
    page = meet(FORM, LEAD | {"required": {"phone": False, "text": True}, "messages": {"text": "Tell us more"}})
    page.fill("[name=email]", "a@b.example")
    page.click("text=Send")

    assert page.evaluate("document.querySelector('#t').validationMessage") == "Tell us more"
    page.fill("#t", "Hello")
    page.click("text=Send")
    assert page.evaluate("sent") == "email=a@b.example&phone=&text=Hello"


def test_step_by_step(meet):
    page = meet(FORM, STEPS)
    bar = page.locator("progress")

    page.get_by_text("Continue").click()
    expect(page.locator("[name=phone]")).to_be_hidden()
    page.fill("[name=email]", "a@b.example")
    page.keyboard.press("Enter")
    expect(page.locator("[name=phone]")).to_be_focused()
    expect(bar).to_have_attribute("aria-label", "2 / 2")
    page.get_by_text("Back").click()
    expect(page.locator("[name=email]")).to_be_focused()
    page.get_by_text("Continue").click()
    page.fill("[name=phone]", "1")
    page.get_by_text("Send").click()

    assert page.evaluate("sent") == "email=a@b.example&phone=1&text="


def test_nothing_is_sent_before_the_last_step(meet):
    page = meet(FORM, STEPS)
    page.fill("[name=email]", "a@b.example")

    page.keyboard.press("Enter")
    page.keyboard.press("Enter")

    assert page.evaluate("window.sent") is None


@pytest.mark.parametrize("field", ["button", "labels", "next", "back", "messages", "placeholders"])
def test_markup_stays_text(meet, field):
    named = {"labels", "messages", "placeholders"}
    page = meet(FORM, STEPS | {field: {"email": EVIL} if field in named else EVIL})

    page.get_by_role("button").last.evaluate("b => document.querySelector('[name=email]').reportValidity()")

    assert page.evaluate("[document.querySelectorAll('img').length, window.hacked]") == [0, None]
    read = "(form => form.textContent + form.email.validationMessage + form.email.placeholder)(document.forms[0])"
    assert EVIL in page.evaluate(read)


@pytest.mark.parametrize(
    "payload",
    [
        STEPS | {"button": "Go", "hide": ["text"]},
        LEAD
        | {
            "order": ["text", "email"],
            "labels": {"email": "Mail"},
            "required": {"email": False},
            "messages": {"email": "!"},
        },
    ],
)
def test_it_is_undone_where_the_test_does_not_run(meet, payload):
    page = meet(FORM, payload, pages=ONLY_HERE)
    changed = page.inner_html("#lead")

    page.evaluate("history.pushState({}, '', 'elsewhere')")

    back = page.evaluate("document.querySelector('#lead').outerHTML")
    original = page.evaluate("h => new DOMParser().parseFromString(h, 'text/html').body.innerHTML", FORM)
    assert changed != page.inner_html("#lead")
    assert back.replace(' style=""', "") == original


def test_a_form_and_a_field_that_come_late_are_changed_too(meet):
    page = meet("<main></main>", STEPS)

    page.evaluate("h => document.querySelector('main').innerHTML = h", FORM.replace('name="phone"', ""))
    page.evaluate("document.querySelector('form div').insertAdjacentHTML('beforebegin', '<p><input name=phone></p>')")

    expect(page.locator("[name=phone]")).to_be_hidden()
    expect(page.locator("[name=email]")).to_be_visible()


def test_a_message_is_gone_once_another_of_the_group_is_chosen_or_a_script_has_filled_the_field(meet):
    needed = FORM.replace('type="radio"', 'type="radio" required')
    page = meet(needed, LEAD | {"messages": {"plan": "Choose one", "phone": "We call you"}})
    page.fill("[name=email]", "a@b.example")
    page.click("text=Send")

    page.evaluate("document.querySelector('[name=phone]').value = '1'")
    page.check("[value=b]")
    page.click("text=Send")

    page.wait_for_function("window.sent === 'email=a@b.example&phone=1&plan=b&text='")


def test_steps_go_on_however_often_the_page_draws(meet):
    page = meet(FORM, STEPS)
    page.evaluate("""async () => { for (let n = 0; n < 250; n++) {
        document.querySelector("legend").textContent = n; await new Promise(requestAnimationFrame) } }""")

    page.fill("[name=email]", "a@b.example")
    page.click("text=Continue")

    expect(page.locator("[name=phone]")).to_be_visible()
