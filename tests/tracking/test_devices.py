"""What a user agent says of device, browser and system. The first two: expected values from GrowthBook's own script."""

import pytest

from tracking.devices import device_of, os_of

MAC = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7)"
WINDOWS = "Mozilla/5.0 (Windows NT 10.0; Win64; x64)"
KIT = "AppleWebKit/537.36 (KHTML, like Gecko)"
IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)"
BROWSERS = {
    f"{WINDOWS} {KIT} Chrome/131.0.0.0 Safari/537.36": ("desktop", "chrome", "Windows"),
    f"{WINDOWS} {KIT} Chrome/131.0.0.0 Safari/537.36 Edg/131.0.0.0": ("desktop", "edge", "Windows"),
    f"{MAC} AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.1 Safari/605.1.15": ("desktop", "safari", "Mac OS X"),
    f"{IPHONE} Version/17.1 Mobile/15E148 Safari/604.1": ("mobile", "safari", "iOS"),
    # Chrome and Firefox on an iPhone call themselves CriOS and FxiOS: GrowthBook takes them for Safari, and so do we.
    f"{IPHONE} CriOS/131.0.6778.73 Mobile/15E148 Safari/604.1": ("mobile", "safari", "iOS"),
    f"{IPHONE} FxiOS/133.0 Mobile/15E148 Safari/605.1.15": ("mobile", "safari", "iOS"),
    f"{IPHONE} EdgiOS/131.0.2903.68 Version/18.0 Mobile/15E148 Safari/604.1": ("mobile", "edge", "iOS"),
    f"{IPHONE} Mobile/15E148 Instagram 361.0.0.35.82": ("mobile", "unknown", "iOS"),
    f"Mozilla/5.0 (Linux; Android 10; K) {KIT} Chrome/131.0.0.0 Mobile Safari/537.36": ("mobile", "chrome", "Android"),
    # A tablet does not say Mobi.
    f"Mozilla/5.0 (Linux; Android 14; SM-X710) {KIT} Chrome/131.0.0.0 Safari/537.36": ("desktop", "chrome", "Android"),
    "Mozilla/5.0 (Android 14; Mobile; rv:133.0) Gecko/133.0 Firefox/133.0": ("mobile", "firefox", "Android"),
    "Mozilla/5.0 (X11; Linux x86_64; rv:133.0) Gecko/20100101 Firefox/133.0": ("desktop", "firefox", "Linux"),
    "Mozilla/5.0 (X11; Ubuntu; Linux x86_64; rv:133.0) Gecko/20100101 Firefox/133.0": ("desktop", "firefox", "Ubuntu"),
    f"Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) {KIT} Chrome/131.0.0.0 Safari/537.36": (
        "desktop",
        "chrome",
        "Chrome OS",
    ),
    f"{WINDOWS} {KIT} Chrome/131.0.0.0 Safari/537.36 OPR/116.0.0.0": ("desktop", "chrome", "Windows"),
    "Mozilla/5.0 (Windows NT 10.0; WOW64; Trident/7.0; rv:11.0) like Gecko": ("desktop", "unknown", "Windows"),
}


@pytest.mark.parametrize("user_agent", BROWSERS)
def test_a_browser_tells_its_device_and_system(user_agent):
    device = device_of(user_agent)

    assert (device.type, device.browser, os_of(user_agent)) == BROWSERS[user_agent]


@pytest.mark.parametrize("user_agent", ["", "curl/8.5.0", "\ud800", "(" * 100_000])
def test_of_what_is_no_browser_nothing_is_known(user_agent):
    assert device_of(user_agent) == ("desktop", "unknown")
    assert os_of(user_agent) == ""
