"""Form analytics: how a form was filled in, told once when it is sent or left, without anything that was typed."""

import pytest

from tests.browser.published import wish

# One worker for the file: one Chromium, one server.

FORM = """<form id="lead" name="contact" onsubmit="event.preventDefault(); this.reset()" novalidate>
  <input name="name"><input name="email" type="email"><input type="tel">
  <select name="size"><option value="">Which?</option><option>small</option></select>
  <input type="radio" name="way" value="mail"><input type="radio" name="way" value="phone">
  <input type="checkbox" name="terms"><textarea name="note"></textarea>
  <input type="password" name="secret"><input type="hidden" name="token" value="t">
  <input name="cardnumber"><input autocomplete="cc-exp"><button>Send</button>
</form>"""
NAMES = ["name", "email", None, "size", "way", "terms", "note"]


@pytest.fixture
def shop(server):
    shop = server.shop()
    wish(shop, form_analytics=True)
    return shop


def visit(shop, page, html=FORM):
    """Opens a page with this content and waits until its forms are watched."""
    with page.expect_response("**/v1/client/forms.js"):
        page.goto(shop.put(html + shop.script()))
    page.wait_for_timeout(300)


def leave(page):
    page.goto("about:blank")


def told(shop, *, least=1):
    return shop.told("form_interaction", least=least)


def field(facts, name):
    """What was told of this field, without what is the same everywhere."""
    (one,) = [one for one in facts["fields"] if one.get("name") == name]
    return {key: value for key, value in one.items() if key not in {"name", "position", "type"}}


QUIET = {"focused": 0, "seconds": 0, "corrections": 0, "errors": 0, "refilled": 0, "blank": True}


def test_a_form_that_is_sent_is_told_once_with_all_its_fields(shop, page):
    visit(shop, page)
    page.type("[name=name]", "Ann")
    page.select_option("select", "small")
    page.check("[value=phone]")
    page.click("button")
    leave(page)

    (facts,) = told(shop)
    about = ("form_id", "form_name", "form_position", "outcome", "round", "last_field", "page_path")
    path = f"/{shop.project.key}/page"
    assert [facts[name] for name in about] == ["lead", "contact", 1, "submitted", 1, "way", path]
    assert [one.get("name") for one in facts["fields"]] == NAMES
    assert [one["position"] for one in facts["fields"]] == [1, 2, 3, 4, 5, 6, 7]
    assert [one["type"] for one in facts["fields"]][2:6] == ["tel", "select-one", "radio", "checkbox"]
    assert [one["blank"] for one in facts["fields"]] == [False, True, True, False, False, True, True]


def test_of_passwords_hidden_and_card_fields_only_the_number_is_told(shop, page):
    visit(shop, page)
    page.type("[name=name]", "Ann")
    page.type("[name=secret]", "s3cret")
    page.type("[name=cardnumber]", "4111")
    leave(page)

    (facts,) = told(shop)
    assert facts["others"] == {"password": 1, "hidden": 1, "card": 2}
    assert facts["last_field"] == "card"
    assert "secret" not in str(facts["fields"])
    assert "cardnumber" not in str(facts)


def test_a_form_that_is_begun_and_left_is_abandoned_at_its_last_field(shop, page):
    visit(shop, page)
    page.wait_for_timeout(1000)
    page.type("[name=name]", "Ann")
    page.type("[type=tel]", "12")
    page.wait_for_timeout(700)
    page.type("[type=tel]", "3")
    leave(page)

    (facts,) = told(shop)
    assert (facts["outcome"], facts["last_field"]) == ("abandoned", "#3")
    assert 1 <= facts["seconds_to_start"] < 4
    assert 0.7 <= facts["seconds"] < 3
    assert 0.7 <= field(facts, None)["seconds"] < 3


def test_a_form_that_was_only_seen_is_told_as_that_and_one_below_the_fold_is_not(shop, page):
    visit(shop, page, f'{FORM}<div style="height: 3000px"></div><form id="footer"><input name="mail"></form>')
    page.wait_for_timeout(300)
    leave(page)

    (facts,) = told(shop)
    assert (facts["form_id"], facts["outcome"], facts["seconds_to_start"]) == ("lead", "seen", 0)
    assert field(facts, "name") == QUIET
    assert "last_field" not in facts


def test_a_form_without_anything_to_fill_in_is_nothing(shop, page):
    visit(
        shop, page, '<form onsubmit="return false"><input type="hidden" name="id"><button id="add">Add</button></form>'
    )
    page.wait_for_timeout(300)
    leave(page)

    page.wait_for_timeout(500)
    assert told(shop, least=0) == []


def test_corrections_are_counted_by_the_run_and_a_field_that_is_changed_again_is_refilled(shop, page):
    visit(shop, page)
    page.type("[name=name]", "Annn")
    for key in ["Backspace", "Backspace", "n", "Backspace", "n"]:
        page.keyboard.press(key)
    page.type("[name=email]", "a")
    page.click("[name=name]")
    page.click("[name=email]")
    page.type("[name=name]", "a")
    leave(page)

    (facts,) = told(shop)
    expected = {**QUIET, "focused": 3, "corrections": 2, "refilled": 1, "blank": False}
    assert {**field(facts, "name"), "seconds": 0} == expected
    assert {**field(facts, "email"), "seconds": 0} == {**QUIET, "focused": 2, "blank": False}


def test_errors_of_the_browser_and_of_the_page_are_counted_and_neither_was_sent(shop, page):
    visit(
        shop,
        page,
        """<form id="own" novalidate onsubmit="event.preventDefault(); a.setAttribute('aria-invalid', 'true')">
        <input name="a" id="a"><button id="send">Send</button></form>
        <form id="native"><input name="b" type="email" required><button id="go">Go</button></form>""",
    )
    page.type("[name=a]", "x")
    page.click("#send")
    page.type("[name=b]", "x")
    page.click("#go")
    page.wait_for_timeout(1500)
    leave(page)

    by_form = {facts["form_id"]: facts for facts in told(shop, least=2)}
    assert {name: facts["outcome"] for name, facts in by_form.items()} == {"own": "abandoned", "native": "abandoned"}
    assert field(by_form["own"], "a")["errors"] == 1
    assert field(by_form["native"], "b")["errors"] == 1


def test_a_form_that_the_page_refused_at_first_is_sent_in_the_end(shop, page):
    visit(
        shop,
        page,
        """<form onsubmit="event.preventDefault(); a.setAttribute('aria-invalid', a.value.length < 2)">
        <input name="a" id="a"><button>Send</button></form>""",
    )
    page.type("#a", "x")
    page.click("button")
    page.type("#a", "y")
    page.click("button")
    leave(page)

    (facts,) = told(shop)
    assert facts["outcome"] == "submitted"
    assert {**field(facts, "a"), "seconds": 0} == {**QUIET, "focused": 2, "errors": 1, "refilled": 1, "blank": False}


def test_who_comes_back_and_goes_on_is_told_again_in_a_later_round(shop, page):
    visit(shop, page)
    page.type("[name=name]", "Ann")
    hide(page)
    hide(page)
    page.type("[name=email]", "ann")
    page.click("button")
    leave(page)

    first, second = told(shop, least=2)
    assert [(one["round"], one["outcome"]) for one in (first, second)] == [(1, "abandoned"), (2, "submitted")]
    assert first["interaction"] == second["interaction"]
    assert field(second, "name")["blank"] is False


def hide(page):
    """As when another tab is looked at."""
    page.evaluate("""() => {
        Object.defineProperty(document, "visibilityState", {configurable: true, get: () => "hidden"});
        document.dispatchEvent(new Event("visibilitychange"));
        delete document.visibilityState;
    }""")


def test_an_application_of_one_page_leaves_a_form_when_the_address_changes(shop, page):
    visit(shop, page)
    page.type("[name=name]", "Ann")
    page.evaluate("history.pushState({}, '', '/another'); document.querySelector('form').remove()")
    page.evaluate("document.body.insertAdjacentHTML('beforeend', '<form id=second><input name=q></form>')")
    page.wait_for_timeout(1500)
    page.type("[name=q]", "x")
    leave(page)

    first, second = told(shop, least=2)
    assert (first["form_id"], first["outcome"], first["page_path"]) == (
        "lead",
        "abandoned",
        f"/{shop.project.key}/page",
    )
    assert (second["form_id"], second["outcome"], second["page_path"]) == ("second", "abandoned", "/another")


def test_a_form_in_a_frame_of_the_same_origin_is_told_as_well(shop, page):
    shop.put('<form id="inside" onsubmit="return false"><input name="mail"><button>Go</button></form>', "frame")
    visit(shop, page, f'<iframe src="/{shop.project.key}/frame"></iframe>')
    frame = page.frame_locator("iframe")
    frame.locator("[name=mail]").type("ann")
    frame.locator("button").click()
    leave(page)

    (facts,) = told(shop)
    assert (facts["form_id"], facts["outcome"], field(facts, "mail")["blank"]) == ("inside", "submitted", False)


def test_a_form_of_a_hundred_fields_with_long_names_still_fits(shop, page):
    fields = "".join(f'<input name="{"n" * 80}{number}">' for number in range(100))
    visit(shop, page, f"<form>{fields}</form>")
    page.locator("input").first.type("x")
    leave(page)

    (facts,) = told(shop)
    assert len(facts["fields"]) == 40
    assert {len(one["name"]) for one in facts["fields"]} == {60}


def test_fields_that_are_named_like_the_forms_own_properties_harm_nothing(shop, page):
    visit(
        shop, page, '<form id="odd"><input name="id"><input name="name"><input name="type"><input name="length"></form>'
    )
    page.locator("input").first.type("x")
    leave(page)

    (facts,) = told(shop)
    assert (facts["form_id"], len(facts["fields"]), facts["last_field"]) == ("odd", 4, "id")


def test_without_the_projects_wish_no_form_is_watched(shop, page):
    wish(shop, form_analytics=False)
    page.goto(shop.put(FORM + shop.script()))
    page.wait_for_function("window.microlift && microlift.variant")
    page.type("[name=name]", "Ann")
    leave(page)

    page.wait_for_timeout(500)
    assert told(shop, least=0) == []


def test_a_page_that_keeps_its_fields_in_its_address_is_still_the_same(shop, page):
    visit(shop, page)

    page.locator("[name=name]").press_sequentially("ann", delay=20)
    page.evaluate("for (const name of ['a', 'an', 'ann']) history.replaceState({}, '', '?name=' + name)")
    page.evaluate("location.hash = 'terms'")
    page.click("text=Send")

    assert [one["outcome"] for one in told(shop)] == ["submitted"]
