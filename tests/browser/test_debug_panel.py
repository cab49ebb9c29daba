"""The debug panel on a real page: what it shows, that drafts run in it alone, and that nothing of it is counted."""

import pytest
from playwright.sync_api import expect

from experiments.snapshot import SNAPSHOT
from tests.browser.shop import BUTTON
from tests.factories import make_goal
from tests.signed import aged
from tracking.debugging import ARGUMENT, debug_token, debug_url
from tracking.models import Trigger
from tracking.publishing import publish

# One worker for the file: one Chromium, one server.

TITLE = "Test session · nothing here is counted"
OTHER = '<button id="other">Ask us</button>'


def click_trigger(shop, key="buy-click", selector="#buy", event="cta_click", **fields):
    params = {"selector": selector}
    name = key.replace("-", " ").capitalize()
    return Trigger.objects.create(
        project=shop.project, key=key, name=name, kind="click", event=event, params=params, **fields
    )


def publish_all(shop):
    publish(shop.project.pk, author="mara")
    SNAPSHOT.forget()


def debugging(shop, page, html=BUTTON + OTHER, author="Mara", **put):
    """The panel, open on a page with this content."""
    page.goto(debug_url(shop.put(html + shop.script(), **put), shop.project, author))
    panel = page.get_by_role("region", name="Microlift test session")
    panel.wait_for()
    return panel


def tab(panel, name):
    panel.get_by_role("tab", name=name).click()
    return panel.get_by_role("tabpanel")


def test_the_panel_lives_with_a_strict_policy(shop, page):
    allowed = f"script-src {shop.api}; connect-src {shop.api}"
    policy = {"Content-Security-Policy": f"default-src 'none'; {allowed}"}

    panel = debugging(shop, page, headers=policy)

    expect(panel.get_by_text(TITLE)).to_be_visible()
    expect(panel.get_by_text("Mara")).to_be_visible()
    expect(panel).to_have_css("border-radius", "12px")


def test_a_draft_runs_only_with_the_token(shop, page):
    click_trigger(shop)
    panel = debugging(shop, page)

    page.click("#buy")
    expect(panel.get_by_role("listitem").filter(has_text="cta_click")).to_contain_text("draft")
    other = page.context.new_page()
    other.goto(shop.put(BUTTON + shop.script()))
    other.wait_for_function("window.microlift && microlift.variant && microlift.variant('none').then(() => true)")
    other.click("#buy")
    other.evaluate("microlift.track('later')")

    assert [event.excluded for event in shop.events("later")] == [""]
    assert [event.excluded for event in shop.events("cta_click")] == ["test"]


def test_a_changed_draft_takes_the_place_of_the_published_one(shop, page):
    draft = click_trigger(shop)
    click_trigger(shop, "ask-click", "#other", "ask")
    publish_all(shop)
    draft.params = {"selector": "#other"}
    draft.event = "other_click"
    draft.save()
    panel = debugging(shop, page)

    page.click("#buy")
    page.click("#other")
    events = tab(panel, "Events")

    expect(events.get_by_text("other_click")).to_be_visible()
    assert [event.name for event in shop.events("ask")] == ["ask"]
    assert events.get_by_text("cta_click").count() == 0
    triggers = tab(panel, "Triggers").get_by_role("listitem")
    expect(triggers.filter(has_text="Buy click")).to_contain_text("draft: changed")
    expect(triggers.filter(has_text="Ask click")).to_contain_text("published")


def test_a_draft_that_was_taken_away_does_not_run_here(shop, page):
    draft = click_trigger(shop)
    publish_all(shop)
    draft.delete()
    panel = debugging(shop, page)

    page.click("#buy")
    page.evaluate("microlift.track('done')")

    expect(tab(panel, "Triggers")).to_contain_text("draft: taken away")
    assert len(shop.told("done")) == 1
    assert shop.told("cta_click", least=0) == []


def test_a_trigger_that_kept_silent_says_why(shop, page):
    where = [{"subject": "page_path", "operator": "equals", "value": "/pricing", "not": False}]
    click_trigger(shop, conditions=where)
    panel = debugging(shop, page)

    page.click("#buy")

    silent = panel.get_by_role("listitem").filter(has_text="did not fire")
    expect(silent).to_contain_text("Buy click")
    expect(silent).to_contain_text("It wants: the path of the page is “/pricing”.")


def test_goals_say_whether_they_were_met_and_what_was_missing(shop, page):
    pro = [{"property": "plan", "operator": "equals", "value": "pro"}]
    make_goal(shop.project, "sign-up", level="macro", conditions=pro)
    make_goal(shop.project, "revenue", event="purchase", measure="sum", property="value", currency="EUR")
    panel = debugging(shop, page)
    goals = tab(panel, "Goals").get_by_role("listitem")

    page.evaluate("microlift.track('sign_up', {plan: 'free'})")
    expect(goals.filter(has_text="Sign up")).to_contain_text("did not count: the goal wants “plan is “pro””")
    page.evaluate("microlift.track('sign_up', {plan: 'pro'})")
    expect(goals.filter(has_text="Sign up")).to_contain_text("met once")
    page.evaluate("microlift.track('purchase', {value: 'much', currency: 'EUR'})")
    expect(goals.filter(has_text="Revenue")).to_contain_text("it told no number as value")

    events = tab(panel, "Events").get_by_role("listitem")
    expect(events.filter(has_text="Goal: Sign up")).to_have_count(1)


def test_experiments_say_which_variant_and_why(shop, page):
    shop.run(variants=[{"key": "original", "weight": 0}, "green"])
    shop.run("elsewhere", pages=[{"include": True, "kind": "simple", "pattern": "/nowhere"}])
    panel = debugging(shop, page)

    rows = tab(panel, "Experiments").get_by_role("listitem")

    expect(rows.filter(has_text="hero")).to_contain_text("Taking part")
    expect(rows.filter(has_text="hero")).to_contain_text("exposure told")
    expect(rows.filter(has_text="elsewhere")).to_contain_text("Does not run on this page")
    assert [event.excluded for event in shop.events("experiment_viewed")] == ["test"]


def test_events_from_before_the_panel_came_are_shown_with_what_they_told(shop, page):
    early = "<script>window.microlift = {q: [['track', 'early', {plan: 'pro'}]]}</script>"
    panel = debugging(shop, page, early + BUTTON)

    panel.get_by_text("early").click()

    expect(panel.get_by_role("definition")).to_have_text("pro")
    assert [event.excluded for event in shop.events("early")] == ["test"]


def test_the_session_goes_on_for_the_tab_until_it_is_ended(shop, page):
    shop.put(BUTTON + shop.script(), "next")
    panel = debugging(shop, page, '<a href="next">Next</a>')
    page.evaluate("microlift.track('before')")

    page.get_by_role("link", name="Next").click()
    expect(panel.get_by_text("before")).to_be_visible()
    page.evaluate("microlift.track('still')")
    panel.get_by_role("button", name="End debugging").click()
    expect(panel).to_have_count(0)
    page.wait_for_function("window.microlift && microlift.variant && microlift.variant('none').then(() => true)")
    page.evaluate("microlift.track('after')")

    assert [event.excluded for name in ("still", "after") for event in shop.events(name)] == ["test", ""]
    assert page.evaluate("Object.keys(sessionStorage).filter((name) => name.startsWith('microlift.debug'))") == []


def test_ending_takes_the_token_out_of_the_address_and_leaves_the_rest(shop, page):
    address = shop.put(BUTTON + shop.script())
    page.goto(debug_url(f"{address}?q=1#top", shop.project, "Mara", pick=True))
    page.get_by_role("button", name="Use the page first").click()

    page.get_by_role("button", name="End debugging").click()

    page.wait_for_url(f"{address}?q=1#top")


def expired(shop):
    return aged(25, lambda: debug_token(shop.project, "Mara"))


@pytest.mark.parametrize("token_of", [lambda _: "forged:token:x", lambda _: "x" * 2000, expired])
def test_a_forged_or_expired_token_shows_no_draft_and_runs_none(shop, page, token_of):
    make_goal(shop.project, "secret-goal")
    click_trigger(shop)

    page.goto(f"{shop.put(BUTTON + shop.script())}?{ARGUMENT}={token_of(shop)}")
    panel = page.get_by_role("region", name="Microlift test session")
    expect(panel.get_by_role("alert")).to_contain_text("This link is not valid any more")
    page.click("#buy")
    page.evaluate("microlift.track('done')")

    assert [event.excluded for event in shop.events("done")] == [""]
    assert shop.told("cta_click", least=0) == []
    expect(tab(panel, "Goals")).not_to_contain_text("Secret goal")
    assert panel.get_by_role("button", name="Pick an element").count() == 0
