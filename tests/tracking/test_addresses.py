"""Parts of addresses. Expected values: what URL and URLSearchParams of Node.js 20 answer."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracking.addresses import address_of, campaign_of

URLS = {
    "https://Shop.Example/a/b?x=1#f": ("shop.example", "/a/b", "?x=1"),
    "https://shop.example": ("shop.example", "/", ""),
    "https://shop.example?x=1": ("shop.example", "/", "?x=1"),
    "https://shop.example#x?y": ("shop.example", "/", ""),
    "https://shop.example:443/": ("shop.example", "/", ""),
    "http://shop.example:443/": ("shop.example:443", "/", ""),
    "http://shop.example:8080/p?": ("shop.example:8080", "/p", ""),
    "https://user:word@shop.example/": ("shop.example", "/", ""),
    "HTTPS://A.B:443/x//y/?a=?b": ("a.b", "/x//y/", "?a=?b"),
    "https://a.b/шлях x?й=1": ("a.b", "/%D1%88%D0%BB%D1%8F%D1%85%20x", "?%D0%B9=1"),
    "https://a.b/%D1%88?q=100%": ("a.b", "/%D1%88", "?q=100%"),
}
CAMPAIGNS = {
    "": {},
    "?x=1": {},
    "?utm_source=a+b&utm_medium=%D0%BF%D1%80": {"utmSource": "a b", "utmMedium": "пр"},
    "?utm_source=1&utm_source=2&utm_term=": {"utmSource": "1", "utmTerm": ""},
    "?utm_content=%FF%zz&utm_campaign": {"utmContent": "\ufffd%zz", "utmCampaign": ""},
    "?&&utm_source=x=y&utm_term=1;2&utm_id=7": {"utmSource": "x=y", "utmTerm": "1;2"},
}


@pytest.mark.parametrize("url", URLS)
def test_an_address_has_the_parts_that_a_browser_says(url):
    assert address_of(url) == URLS[url]


@pytest.mark.parametrize("query", CAMPAIGNS)
def test_tags_are_read_as_a_browser_reads_them(query):
    assert campaign_of(query) == CAMPAIGNS[query]


@pytest.mark.parametrize("text", ["/pricing?x=1", "pricing?x=1"])
def test_an_address_without_a_host_still_has_path_and_query(text):
    assert address_of(text) == ("", text.partition("?")[0], "?x=1")


@given(st.one_of(st.text(), st.from_regex(r"https?://[^/]*/.*utm_.*", fullmatch=True)))
def test_no_text_raises(text):
    address = address_of(text)

    assert not address.query or address.query.startswith("?")
    assert set(campaign_of(address.query)) <= {"utmSource", "utmMedium", "utmCampaign", "utmTerm", "utmContent"}
