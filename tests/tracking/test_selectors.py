"""What may be a CSS selector and what surely is none."""

import pytest

from tracking.selectors import is_selector

GOOD = [
    "#buy",
    ".signup-button",
    "button",
    "main > .hero a",
    "a[href='/sign up!']",
    'a[title="]"]',
    "li:nth-child(2n + 1)",
    "#a, #b",
    "*",
    r".w-1\/2",
    "h1 + p",
]
BAD = [
    "sign up button!",
    "buy button",
    "#buy >",
    "#a,",
    "a +",
    "p ~",
    "#a >> b",
    "#a > > b",
    "a[href",
    "a)",
    "a(]",
    "'#a",
]


@pytest.mark.parametrize("text", GOOD)
def test_selectors_pass(text):
    assert is_selector(text)


@pytest.mark.parametrize("text", BAD)
def test_what_is_none_is_refused(text):
    assert not is_selector(text)
