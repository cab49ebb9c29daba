"""From what pages hold to goals: each thing that people mean to do once, aimed at just that."""

import pytest

from tracking.intents import intent_of_click
from tracking.items import Item, Page, items_of
from tracking.proposing import KnownGoal, proposals
from tracking.selectors import is_selector


def page(path, *raw, reports=1):
    return Page(path, tuple(items_of(raw)), reports)


def button(text, selector="#x", **more):
    return {"kind": "button", "text": text, "selector": selector, **more}


def found(*pages, goals=(), triggers=()):
    return {one.id: one for one in proposals(pages, goals, triggers)}


def rules(proposal):
    return [
        (one.kind, one.params.get("selector"), [(c["subject"], c["operator"], c["value"]) for c in one.conditions])
        for one in proposal.draft.triggers
    ]


def test_the_same_button_on_many_pages_is_one():
    pages = [page(f"/p-{'x' * n}", button("Add to cart", "#add")) for n in range(12)]

    (one,) = proposals(pages, [], [])

    assert (one.id, len(one.pages), rules(one)) == ("add_to_cart", 12, [("click", "#add", [])])


def test_copies_for_desks_and_phones_are_one():
    both = found(page("/", button("Book now", "#top"), button("Book now", "#mobile-menu-book")))

    assert rules(both["book_click"]) == [("click", "#top, #mobile-menu-book", [])]


def test_the_same_wish_in_other_words_is_one():
    assert list(found(page("/", button("Add to cart", "#a")), page("/x", button("Add to bag", "#b")))) == [
        "add_to_cart"
    ]


@pytest.mark.parametrize(
    ("text", "event"),
    [
        ("Dodaj do koszyka", "add_to_cart"),
        ("In den Warenkorb", "add_to_cart"),
        ("UMÓW WIZYTĘ", "book_click"),
        ("Angebot anfordern", "quote_click"),
        ("Start your 14-day free trial", "sign_up_click"),
        ("Do you deliver to Malta?", "question_open"),
        ("Order a sample box", "order_a_sample_box_click"),
        ("wishlist-toggle", "add_to_wishlist"),
    ],
)
def test_words_of_several_languages_are_understood(text, event):
    intent = intent_of_click(Item("button", text=text))

    assert intent is not None
    assert intent.event == event


@pytest.mark.parametrize(
    "text",
    ["Accept all cookies", "Menu", "×", "Next slide", "Zamknij", "Toggle navigation", "+", "nav-link d-block", ""],
)
def test_what_is_on_every_page_is_not_proposed(text):
    assert intent_of_click(Item("button", text=text)) is None


def test_a_name_is_enough_and_a_place_needs_its_page():
    named = found(page("/a", button("Compare", "button.js-compare")))["compare"]
    placed = found(page("/a", button("Compare", "main > button:nth-child(2)")))["compare"]

    assert rules(named) == [("click", "button.js-compare", [])]
    assert rules(placed) == [("click", "main > button:nth-child(2)", [("page_path", "equals", "/a")])]


def test_a_place_on_a_kind_of_page_is_a_pattern():
    one = found(page("/product/*", button("Compare", "main > button:nth-child(2)")))["compare"]

    assert rules(one)[0][2] == [("page_path", "matches", "^/product/[^/]+$")]


def test_what_has_no_name_on_many_pages_is_known_by_its_text():
    pages = [page(f"/{'x' * n}", button("Compare", f"main > button:nth-child({n})")) for n in range(1, 7)]

    (rule,) = rules(found(*pages)["compare"])

    assert rule[2] == [("text", "equals", "Compare")]


def test_a_price_on_a_button_is_no_part_of_its_name():
    pages = [page(f"/{'x' * n}", button(f"Add to cart – £{n}.00", "")) for n in range(1, 7)]

    (rule,) = rules(found(*pages)["add_to_cart"])

    assert rule[2] == [("text", "starts_with", "Add to cart")]


def test_a_selector_that_means_something_else_elsewhere_is_not_trusted():
    pages = [page("/a", button("Compare", ".card-action")), page("/b", button("Size guide", ".card-action"))]

    assert rules(found(*pages)["compare"])[0][2] == [("page_path", "equals", "/a")]


def test_a_form_of_some_fields_has_a_beginning_and_an_end():
    form = {"kind": "form", "selector": "#contact", "fields": ["name:text", "mail:email", "message:textarea"]}

    both = found(page("/contact", form))

    assert rules(both["contact"]) == [("form_submit", "#contact", [])]
    assert rules(both["contact_form_start"]) == [("form_start", "#contact", [])]
    assert both["contact"].draft.goal.level == "macro"


@pytest.mark.parametrize(
    ("fields", "event"),
    [
        (["mail:email"], "newsletter_signup"),
        (["user:text", "secret:password"], "login"),
        (["name:text", "mail:email", "secret:password"], "sign_up"),
        (["coupon:text"], "coupon_used"),
        (["phone:tel"], "request_callback"),
        (["day:date", "name:text"], "book"),
        (["street:text", "zip:text", "city:text"], "purchase"),
    ],
)
def test_fields_say_what_a_form_is_for(fields, event):
    assert event in found(page("/x", {"kind": "form", "selector": "#f", "fields": fields}))


def test_a_page_of_thanks_is_an_order_only_where_there_is_a_shop():
    assert "purchase" in found(page("/cart"), page("/checkout/thank-you"))
    assert "purchase" not in found(page("/contact/thank-you"))


def test_what_pays_comes_first():
    order = list(found(page("/", button("Learn more")), page("/cart"), page("/checkout/thank-you")))

    assert order == ["purchase", "view_cart", "read_more"]


def test_what_a_goal_counts_or_a_trigger_hears_is_not_proposed():
    pages = page("/", button("Add to cart", "#add"), {"kind": "a", "to": "tel:"}, button("Compare", "#compare"))
    heard = {"kind": "click", "event": "x", "params": {"selector": "#compare"}, "conditions": []}

    assert list(found(pages, goals=[KnownGoal("phone_click")], triggers=[heard])) == ["add_to_cart"]
    assert list(found(pages, goals=[KnownGoal("other", "#add")])) == ["phone_click", "compare"]


def test_a_trigger_that_serves_several_goals_still_leaves_the_others_to_propose():
    pages = page("/", {"kind": "a", "to": "tel:"}, {"kind": "a", "to": "mailto:"})
    heard = {"kind": "contact_click", "event": "", "params": {}, "conditions": []}

    assert list(found(pages, goals=[KnownGoal("phone_click")], triggers=[heard])) == ["email_click"]


@pytest.mark.parametrize("selector", ["#buy{}", "a >> b", "'", "#x" * 200])
def test_what_is_no_selector_is_not_proposed(selector):
    proposed = found(page("/", button("Add to cart", selector)))

    assert all(is_selector(rule[1]) for one in proposed.values() for rule in rules(one) if rule[1])
