"""The debug panel's manners: consent, keyboard, a phone, and a page that does not hear what is done in it."""

from playwright.sync_api import expect

from tests.browser.shop import BUTTON
from tests.factories import make_project
from tracking.debugging import debug_url
from tracking.models import Trigger

# One worker for the file: one Chromium, one server.

HEARS = """<script>window.heard = [];
for (const type of ["click", "keydown", "pointerdown", "mouseup", "input", "focusin"])
  for (const place of [document, document.documentElement])
    place.addEventListener(type, (event) => heard.push(event.type), true);</script>"""


def debugging(shop, page, html=BUTTON):
    page.goto(debug_url(shop.put(html + shop.script()), shop.project, "Mara"))
    panel = page.get_by_role("region", name="Microlift test session")
    panel.wait_for()
    return panel


def asking_for_consent(shop):
    shop.project.requires_consent = True
    shop.project.save()
    return shop


def test_the_page_does_not_hear_what_is_done_in_the_panel(shop, page):
    Trigger.objects.create(
        project=shop.project,
        key="any",
        name="Any button",
        kind="click",
        event="any_click",
        params={"selector": "button"},
    )
    panel = debugging(shop, page, BUTTON + HEARS)
    page.evaluate("heard.length = 0")

    panel.get_by_role("tab", name="Goals").click()
    panel.get_by_role("tab", name="Goals").press("ArrowRight")
    panel.get_by_role("button", name="Make the panel small").click()
    page.get_by_role("button", name="Test session").click()
    page.evaluate("microlift.track('done')")

    assert [event.excluded for event in shop.events("done")] == ["test"]
    assert page.evaluate("heard") == []
    assert shop.told("any_click", least=0) == []
    assert panel.get_by_text("did not fire").count() == 0


def test_the_panel_is_worked_by_keyboard(shop, page):
    panel = debugging(shop, page)

    panel.get_by_role("tab", name="Events").focus()
    page.keyboard.press("ArrowLeft")
    expect(panel.get_by_role("tab", name="Triggers")).to_be_focused()
    expect(panel.get_by_role("tab", name="Triggers")).to_have_attribute("aria-selected", "true")
    page.keyboard.press("Escape")
    expect(panel).to_have_count(0)
    page.keyboard.press("Enter")
    expect(panel).to_be_visible()
    expect(panel.get_by_role("tab", name="Triggers")).to_be_focused()


def test_consent_is_given_and_refused_from_the_panel_and_the_browser_left_as_it_was(shop, page):
    panel = debugging(asking_for_consent(shop), page)
    expect(panel.get_by_text("No consent yet")).to_be_visible()

    page.evaluate("microlift.track('waiting')")
    panel.get_by_role("button", name="Give consent").click()
    expect(panel.get_by_text("Consent given")).to_be_visible()
    assert [event.excluded for event in shop.events("waiting")] == ["test"]
    panel.get_by_role("button", name="Refuse consent").click()
    expect(panel.get_by_text("Consent refused")).to_be_visible()
    panel.get_by_role("button", name="End debugging").click()
    expect(panel).to_have_count(0)

    assert page.evaluate("Object.keys(localStorage).concat(Object.keys(sessionStorage))") == []


def test_a_refusal_does_not_end_the_session(shop, page):
    panel = debugging(asking_for_consent(shop), page)

    panel.get_by_role("button", name="Refuse consent").click()
    page.goto(shop.put(BUTTON + shop.script(), "next"))

    expect(panel.get_by_text("Mara")).to_be_visible()


def test_the_panel_fits_a_phone_and_leaves_room_for_the_page(shop, page):
    page.set_viewport_size({"width": 390, "height": 844})

    panel = debugging(shop, page)

    box = panel.bounding_box()
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 390
    assert box["height"] <= 844 * 0.63
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_a_page_that_hides_everything_and_builds_itself_anew_keeps_the_panel(shop, page):
    styles = "<style>div, section { display: none !important; color: red !important }</style>"
    panel = debugging(shop, page, styles + BUTTON)

    page.evaluate("document.documentElement.lastElementChild.remove()")

    expect(panel).to_be_visible(timeout=3000)
    expect(panel).to_have_css("color", "rgb(28, 36, 48)")


def test_a_token_of_another_project_shows_nothing(shop, page):
    page.goto(debug_url(shop.put(BUTTON + shop.script()), make_project(), "Mara"))

    expect(page.get_by_role("alert")).to_contain_text("This link is not valid any more")


def test_without_an_answer_the_page_works_and_the_panel_says_so(shop, page):
    page.route("**/v1/debug*", lambda route: route.abort())

    panel = debugging(shop, page)

    expect(panel.get_by_role("alert")).to_contain_text("Microlift did not answer")
    page.evaluate("microlift.track('done')")
    assert [event.excluded for event in shop.events("done")] == ["test"]
