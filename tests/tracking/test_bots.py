"""Bots are recognised, people are not taken for bots."""

import gzip
import json

import pytest
from crawlerdetect import CrawlerDetect  # type: ignore[import-untyped]  # ships no types

from tracking.bots import CRAWLERS, INNOCENT, is_bot, is_prefetch

KIT = "AppleWebKit/537.36 (KHTML, like Gecko)"
IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)"
ANDROID = "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0"
PEOPLE = [
    f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {KIT} Chrome/131.0.0.0 Safari/537.36",
    f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {KIT} Chrome/131.0.0.0 Safari/537.36 Edg/131.0.0.0",
    f"Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) {KIT} Chrome/131.0.0.0 Safari/537.36",
    f"{ANDROID} Mobile Safari/537.36",
    f"{ANDROID} Mobile Safari/537.36 (Ecosia android@131.0.0.0)",
    f"{ANDROID} Mobile DuckDuckGo/5 Safari/537.36",
    f"Mozilla/5.0 (Linux; Android 13; CUBOT P80) {KIT} Chrome/131.0.0.0 Mobile Safari/537.36",
    f"Mozilla/5.0 (Linux; Android 7.0; CUBOT_NOTE_S Build/NRD90M) {KIT} Chrome/119.0.0.0 Mobile Safari/537.36",
    f"Mozilla/5.0 (Linux; Android 14; SM-S918B) {KIT} SamsungBrowser/27.0 Chrome/125.0.0.0 Mobile Safari/537.36",
    f"Mozilla/5.0 (Linux; arm_64; Android 14; CPH2557) {KIT} Chrome/128.0 YaBrowser/24.10.7.33 Mobile Safari/537.36",
    f"{IPHONE} Version/17.1 Mobile/15E148 Safari/604.1",
    f"{IPHONE} Mobile/15E148 Instagram 361.0.0.35.82 (iPhone14,5; iOS 17_1; uk_UA; uk; scale=3.00; 1170x2532; 1)",
    f"{IPHONE} Mobile/15E148 [FBAN/FBIOS;FBAV/489.0.0.41.78;FBBV/658;FBDV/iPhone14,5;FBMD/iPhone;FBSN/iOS;FBLC/pl_PL]",
    f"{IPHONE} GSA/343.0.695551749 Mobile/15E148 Safari/604.1",
    f"{IPHONE} Mobile/15E148 musical_ly_37.0.0 BytedanceWebview/d8a21c6 NetType/WIFI Channel/App Store",
    f"{IPHONE} Mobile/15E148 [Pinterest/iOS]",
    f"{IPHONE} Mobile/15E148 MicroMessenger/8.0.54(0x18003637) NetType/WIFI Language/zh_CN",
    "Mozilla/5.0 (X11; Linux x86_64; rv:133.0) Gecko/20100101 Firefox/133.0",
    "Mozilla/5.0 (Windows NT 10.0; WOW64; Trident/7.0; rv:11.0) like Gecko",
    "Opera/9.80 (Android; Opera Mini/36.2.2254/191.249; U; id) Presto/2.12.423 Version/12.16",
    f"Mozilla/5.0 (PlayStation; PlayStation 5/2.26) {KIT} Version/13.0 Safari/605.1.15",
    f"Mozilla/5.0 (SMART-TV; Linux; Tizen 6.0) {KIT} Version/6.0 TV Safari/538.1",
    f"Mozilla/5.0 (Web0S; Linux/SmartTV) {KIT} Chrome/94.0.4606.128 Safari/537.36 WebAppManager",
    "OurShop/3.2 (com.example.shop; build:114; iOS 17.1.0) Alamofire/5.8.0",
    "OurShop/114 CFNetwork/1494.0.7 Darwin/23.4.0",
]
PROGRAMS = [
    "Googlebot/2.1 (+http://www.google.com/bot.html)",
    "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; GPTBot/1.2; +https://openai.com/gptbot)",
    f"Mozilla/5.0 (X11; Linux x86_64) {KIT} HeadlessChrome/131.0.0.0 Safari/537.36",
    f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {KIT} Chrome/120.0.0.0 Safari/537.36 Playwright/1.40.0",
    "curl/8.5.0",
    "python-requests/2.32.3",
    "some-word",
]


@pytest.fixture(scope="module")
def listed(shared):
    """Names of crawlers, from github.com/monperrus/crawler-user-agents."""
    rows = json.loads(gzip.decompress((shared / "data" / "crawler-user-agents.json.gz").read_bytes()))
    return [name for row in rows for name in row.get("instances", [])]


@pytest.mark.parametrize("user_agent", PEOPLE)
def test_a_person_is_no_bot(user_agent):
    assert not is_bot(user_agent)


@pytest.mark.parametrize("user_agent", PROGRAMS)
def test_a_program_is_a_bot(user_agent):
    assert is_bot(user_agent)


def test_of_all_listed_crawlers_at_most_one_in_a_hundred_is_missed(listed):
    missed = [name for name in listed if not is_bot(name)]

    assert len(listed) > 2_000
    assert len(missed) <= len(listed) / 100, missed


def test_lower_cased_patterns_say_what_the_package_itself_says(listed):
    package = CrawlerDetect()

    for name in [*listed, *PEOPLE, *PROGRAMS]:
        assert bool(CRAWLERS.search(INNOCENT.sub("", name.strip().lower()))) == package.is_crawler(name), name


@pytest.mark.parametrize("user_agent", ["", "   "])
def test_an_empty_name_is_left_to_the_caller(user_agent):
    assert not is_bot(user_agent)


@pytest.mark.parametrize("user_agent", ["\ud800", "\x00", "(" * 100_000, "bot" * 100_000])
def test_any_text_gets_an_answer(user_agent):
    assert is_bot(user_agent)


@pytest.mark.parametrize(
    "headers", [("prefetch",), ("prefetch;prerender",), ("", "prefetch"), ("", "Preview"), ("", "", "Prefetch")]
)
def test_pages_fetched_ahead_are_told(headers):
    assert is_prefetch(*headers)


@pytest.mark.parametrize("headers", [("",), ("", ""), ("", "navigate")])
def test_pages_that_somebody_asked_for_are_not(headers):
    assert not is_prefetch(*headers)
