"""Whom a test's browser passes for: an ordinary visitor, since a headless one says so and is answered as a robot."""

from playwright.sync_api import Browser

ORDINARY = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{}.0.0.0 Safari/537.36"


def ordinary(browser: Browser) -> str:
    """The user agent of the same browser with a window."""
    return ORDINARY.format(browser.version.partition(".")[0])
