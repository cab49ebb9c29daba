"""Channels: GA4's published definitions of its default channel group, case by case, and AI assistants."""

import pytest

from tracking.addresses import address_of, campaign_of
from tracking.attributes import CHANNEL_LABELS
from tracking.sources import CHANNELS, UNASSIGNED, channel_of, kind_of, same_site


def channel(query="", referrer=""):
    page = address_of(f"https://www.shop.example/{query and '?'}{query}")
    return channel_of(page, address_of(referrer).host, campaign_of(page.query))


BY_TAGS = {
    "utm_source=google&utm_medium=cpc&utm_campaign=x-Cross-network": "cross_network",
    "utm_source=amazon&utm_medium=cpc": "paid_shopping",
    "utm_source=google&utm_medium=cpc&utm_campaign=Spring-Shopping": "paid_shopping",
    "utm_source=google&utm_medium=cpc&utm_campaign=workshop": "paid_search",
    "utm_source=Google&utm_medium=CPC": "paid_search",
    "utm_source=bing&utm_medium=ppc": "paid_search",
    "utm_source=facebook&utm_medium=paid_social": "paid_social",
    "utm_source=ig&utm_medium=cpm": "paid_social",
    "utm_source=youtube&utm_medium=paid": "paid_video",
    "utm_source=partner&utm_medium=banner": "display",
    "utm_source=partner&utm_medium=cpm": "display",
    "utm_source=partner&utm_medium=retargeting": "paid_other",
    "utm_source=chatgpt.com": "ai_assistant",
    "utm_source=perplexity&utm_medium=referral": "ai_assistant",
    "utm_source=google&utm_medium=organic&utm_campaign=shop": "organic_shopping",
    "utm_source=forum&utm_medium=social": "organic_social",
    "utm_source=instagram": "organic_social",
    "utm_source=forum&utm_medium=video-post": "organic_video",
    "utm_source=anything&utm_medium=organic": "organic_search",
    "utm_source=newsletter&utm_medium=e-mail": "email",
    "utm_source=email": "email",
    "utm_source=partner&utm_medium=affiliate": "affiliates",
    "utm_source=partner&utm_medium=link": "referral",
    "utm_source=podcast&utm_medium=audio": "audio",
    "utm_source=sms": "sms",
    "utm_source=app&utm_medium=web-push": "mobile_push",
    "utm_source=firebase": "mobile_push",
    "utm_source=newsletter": "unassigned",
    "utm_source=(direct)&utm_medium=(none)": "direct",
    "utm_medium=email": "email",
}
BY_REFERRER = {
    "": "direct",
    "about:blank": "direct",
    "https://shop.example/": "direct",
    "https://blog.www.shop.example/post": "direct",
    "https://WWW.SHOP.EXAMPLE:8443/cart": "direct",
    "https://www.google.com/": "organic_search",
    "https://google.com.ua/": "organic_search",
    "https://www.google.pl/": "organic_search",
    "https://cn.bing.com/search": "organic_search",
    "https://duckduckgo.com/": "organic_search",
    "https://yandex.kz/": "organic_search",
    "android-app://com.google.android.googlequicksearchbox/": "organic_search",
    "https://l.facebook.com/": "organic_social",
    "https://t.co/abc": "organic_social",
    "https://x.com/": "organic_social",
    "https://www.tiktok.com/": "organic_social",
    "https://www.youtube.com/watch": "organic_video",
    "https://www.amazon.de/": "organic_shopping",
    "https://allegro.pl/oferta/1": "organic_shopping",
    "https://chatgpt.com/": "ai_assistant",
    "https://www.perplexity.ai/": "ai_assistant",
    "https://claude.ai/": "ai_assistant",
    "https://gemini.google.com/app": "ai_assistant",
    "https://copilot.microsoft.com/": "ai_assistant",
    "https://mail.google.com/": "email",
    "android-app://com.google.android.gm/": "email",
    "https://adform.net/": "paid_other",
    "https://docs.google.com/": "referral",
    "https://maps.yandex.ru/": "referral",
    "https://finance.yahoo.com/": "referral",
    "https://about.google/": "referral",
    "https://notshop.example/": "referral",
    "https://notfacebook.com/": "referral",
    "https://[::1]/": "referral",
}
BY_CLICK = {
    "gclid=abc": "paid_search",
    "gad_source=1&gbraid=abc": "paid_search",
    "msclkid=abc": "paid_search",
    "ttclid=abc": "paid_social",
    "li_fat_id=abc": "paid_social",
    "dclid=abc": "display",
    # Facebook marks every link that leaves it, paid or not.
    "fbclid=abc": "organic_social",
    "fbclid=abc&utm_source=facebook&utm_medium=cpc": "paid_social",
    "gclid=abc&utm_source=google": "paid_search",
    "gclid=": "direct",
    "notgclid=abc": "direct",
}


@pytest.mark.parametrize("query", BY_TAGS)
def test_tags_decide_in_the_order_of_ga4(query):
    assert channel(query) == BY_TAGS[query]


@pytest.mark.parametrize("referrer", BY_REFERRER)
def test_without_tags_the_referring_host_decides(referrer):
    assert channel("", referrer) == BY_REFERRER[referrer]


@pytest.mark.parametrize("query", BY_CLICK)
def test_the_mark_of_a_click_fills_in_what_the_tags_leave_out(query):
    assert channel(query) == BY_CLICK[query]


def test_tags_say_more_than_the_referrer():
    assert channel("utm_source=newsletter&utm_medium=email", "https://www.google.com/") == "email"


def test_a_campaign_alone_is_no_tag():
    assert channel("utm_campaign=spring", "https://www.google.com/") == "organic_search"


def test_every_channel_can_come_out_and_has_a_label():
    seen = {*BY_TAGS.values(), *BY_REFERRER.values()}

    assert seen == {*CHANNELS, UNASSIGNED} == set(CHANNEL_LABELS)


@pytest.mark.parametrize("hosts", [("", ""), ("", "shop.example"), ("shop.example", "")])
def test_an_unknown_host_is_nobodys_site(hosts):
    assert not same_site(*hosts)


@pytest.mark.parametrize("source", ["", ".", "a." * 100_000, "com", "\ud800", "www.", "google.", ":80"])
def test_nothing_is_known_of_odd_sources(source):
    assert kind_of(source) == ""
