"""What a browser reports of a page, in our words, and nothing about a person."""

import pytest

from tracking.items import MOST_ITEMS, PATIENCE, from_row, items_of, merged, page_of


def only(**raw):
    (item,) = items_of([raw])
    return item


@pytest.mark.parametrize(
    ("path", "page"),
    [
        ("/product/123", "/product/*"),
        ("/product/red-kettle-12", "/product/*"),
        ("/pricing/", "/pricing/"),
        ("/user/ann@example.com/orders", "/user/*/orders"),
        ("/a/deadbeefdeadbeefdeadbeef", "/a/*"),
        ("/search?q=ann#top", "/search"),
        ("", "/"),
        ("//x", "/x"),
    ],
)
def test_a_path_stands_for_a_kind_of_page(path, page):
    assert page_of(path) == page


@pytest.mark.parametrize(
    ("raw", "kind"),
    [
        ({"kind": "a", "to": "tel:"}, "phone"),
        ({"kind": "a", "to": "mailto:"}, "email"),
        ({"kind": "a", "to": "www.google.com/maps"}, "map"),
        ({"kind": "a", "to": "maps.app.goo.gl/"}, "map"),
        ({"kind": "a", "file": "PDF"}, "download"),
        ({"kind": "a", "to": "www.facebook.com/sharer"}, "share"),
        ({"kind": "a", "to": "www.facebook.com/shop", "text": "Facebook"}, "outbound"),
        ({"kind": "a", "to": "docs.example/", "drawn": True}, "link"),
        ({"kind": "a", "drawn": True, "text": "Buy"}, "link"),
        ({"kind": "application/pdf", "file": "pdf"}, "download"),
        ({"kind": "button", "text": "Buy"}, "button"),
        ({"kind": "submit", "text": "Add to cart", "fields": ["id:hidden", "n:number"]}, "button"),
        ({"kind": "div", "text": "Open"}, "button"),
        ({"kind": "iframe"}, "video"),
        ({"kind": "form", "fields": ["mail:email"]}, "form"),
        ({"kind": "form", "fields": ["s:text"]}, "search"),
        ({"kind": "search", "text": "Search docs"}, "search"),
        ({"kind": "phone"}, "phone"),
    ],
)
def test_what_a_thing_is(raw, kind):
    assert only(selector="#x", **raw).kind == kind


@pytest.mark.parametrize(
    "raw",
    [
        {"kind": "a", "text": "Home"},
        {"kind": "form", "fields": ["sort:select-one", "csrf:hidden"]},
        {"kind": "submit", "text": "Send", "fields": ["mail:email"]},
        {"kind": "reset"},
    ],
)
def test_what_is_of_no_use_is_left_out(raw):
    assert items_of([{"selector": "#x", **raw}]) == []


def test_a_form_is_called_by_the_button_that_sends_it():
    fields = ["mail:email", "note:textarea", ":submit"]

    assert only(kind="form", fields=fields).text == ""
    (form,) = items_of([{"kind": "form", "fields": fields}, {"kind": "submit", "text": "Send", "fields": fields}])
    assert (form.text, form.fields) == ("Send", ("mail:email", "note:textarea"))


@pytest.mark.parametrize("text", ["ann@example.com", "Order 1234567", "+48 22 123 45 67"])
def test_a_text_that_may_be_about_a_person_is_not_kept(text):
    assert only(kind="button", selector="#x", text=text).text == ""


@pytest.mark.parametrize("raw", [{}, {"kind": 3, "text": ["x"], "selector": {}, "fields": "no", "to": 1}])
def test_nonsense_breaks_nothing(raw):
    items_of([raw])


def test_no_more_is_read_than_fits():
    assert len(items_of([{"kind": "button", "selector": f"#b{n}"} for n in range(500)])) == MOST_ITEMS


def test_a_thing_that_is_gone_is_forgotten_only_after_some_reports():
    shown, other = items_of([{"kind": "button", "selector": "#a"}]), items_of([{"kind": "button", "selector": "#b"}])
    rows = merged((), shown)

    for _ in range(PATIENCE - 1):
        rows = merged(rows, other)
        assert [row["selector"] for row in rows] == ["#b", "#a"]

    assert [row["selector"] for row in merged(rows, other)] == ["#b"]
    assert merged(merged(rows, shown), ())[0] == {"kind": "button", "selector": "#a", "missed": 1}


def test_what_is_kept_can_be_read_again():
    items = items_of([{"kind": "form", "selector": "#f", "fields": ["mail:email"]}, {"kind": "a", "to": "tel:"}])

    assert [from_row(row) for row in merged((), items)] == items
