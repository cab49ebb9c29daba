"""Whom a test's browser passes for: an ordinary visitor, since a headless one says so and is answered as a robot."""

from typing import Any

from playwright.sync_api import Browser, BrowserContext

ORDINARY = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{}.0.0.0 Safari/537.36"
# Marks the scripts that have run: a part that was asked for has not yet done anything.
RAN = """["load", "error"].forEach((type) => document.addEventListener(type, ({ target }) => {
  if (target.localName === "script") target.dataset.ran = type;
}, true))"""


def ordinary(browser: Browser) -> str:
    """The user agent of the same browser with a window."""
    return ORDINARY.format(browser.version.partition(".")[0])


def ordinary_context(browser: Browser, **options: Any) -> BrowserContext:
    """A fresh profile of an ordinary browser."""
    context = browser.new_context(user_agent=ordinary(browser), **options)
    context.add_init_script(RAN)
    return context
