"""Sources, pure: the channel that brought a visitor, by GA4's rules in GA4's order and one more for AI assistants."""

import json
import re
from collections.abc import Callable, Mapping
from functools import cache, lru_cache
from pathlib import Path
from typing import NamedTuple

from tracking.addresses import Address

REFERRERS = Path(__file__).with_name("data") / "referrers.json"
GOOGLE = re.compile(r"(images\.|encrypted\.|blogsearch\.)?google\.((com?\.)?[a-z]{2,3}|it\.ao)")
LONGEST_HOST = 253
# What the list in data/ lacks. Names without a dot are what marketers write into utm_source.
MORE = {
    "ai": "chatgpt.com chat.openai.com perplexity.ai claude.ai gemini.google.com bard.google.com copilot.microsoft.com "
    "copilot.com chat.deepseek.com chat.mistral.ai grok.com meta.ai you.com poe.com phind.com chat.qwen.ai kimi.com "
    "notebooklm.google.com duck.ai chatgpt openai perplexity claude gemini copilot deepseek grok mistral",
    "search": "startpage.com kagi.com mojeek.com yep.com presearch.com ya.ru yandex.kz yandex.uz yandex.com.tr "
    "sogou.com seznam.cz google bing yahoo yandex duckduckgo ecosia qwant baidu naver seznam brave",
    "social": "tiktok.com threads.net threads.com t.me telegram.org telegram.me web.telegram.org snapchat.com "
    "whatsapp.com wa.me messenger.com discord.com nextdoor.com viber.com line.me mewe.com truthsocial.com wykop.pl "
    "org.telegram.messenger facebook fb meta messenger instagram ig insta linkedin twitter x tiktok threads pinterest "
    "reddit snapchat telegram whatsapp viber vk quora bluesky bsky mastodon wechat weibo xing discord tumblr",
    "video": "youtube.com youtu.be vimeo.com twitch.tv dailymotion.com com.google.android.youtube rumble.com "
    "netflix.com disneyplus.com youtube vimeo twitch dailymotion rumble",
    "shopping": "shopping.google.com amazon.com amazon.de amazon.co.uk amazon.pl amazon.fr amazon.it amazon.es "
    "ebay.com ebay.de ebay.co.uk etsy.com walmart.com aliexpress.com allegro.pl ceneo.pl rozetka.com.ua prom.ua "
    "hotline.ua idealo.de shopify.com shop.app amazon ebay etsy walmart aliexpress allegro ceneo rozetka shopify",
}
# What networks add to the links of their advertisements, and fbclid, which Facebook adds to every link.
CLICKS = {
    **dict.fromkeys(("gclid", "gbraid", "wbraid", "gad_source"), ("google", "cpc")),
    "dclid": ("doubleclick", "cpm"),
    "msclkid": ("bing", "cpc"),
    "yclid": ("yandex", "cpc"),
    "fbclid": ("facebook", "social"),
    "ttclid": ("tiktok", "cpc"),
    "twclid": ("twitter", "cpc"),
    "li_fat_id": ("linkedin", "cpc"),
    "rdt_cid": ("reddit", "cpc"),
    "ScCid": ("snapchat", "cpc"),
}
CLICK = re.compile(f"[?&]({'|'.join(CLICKS)})=[^&]")
# How a visit is tagged that came from a host of this kind without a tag.
MEDIUM_OF = {"search": "organic", "paid": "cpc", "email": "email"}

PAID = re.compile(r".*cp.*|ppc|retargeting|paid.*")
SHOP = re.compile(r".*(([^a-df-z]|^)shop|shopping).*")
DISPLAY = frozenset({"display", "banner", "expandable", "interstitial", "cpm"})
SOCIAL = frozenset({"social", "social-network", "social-media", "sm", "social network", "social media"})
EMAIL = frozenset({"email", "e-mail", "e_mail", "e mail"})


class Touch(NamedTuple):
    """How a visitor came. ``kind``: what is known of the source: search, social, video, shopping, ai, email, paid."""

    source: str
    medium: str
    campaign: str
    kind: str

    @property
    def is_paid(self) -> bool:
        return bool(PAID.fullmatch(self.medium))

    @property
    def is_shop(self) -> bool:
        return self.kind == "shopping" or bool(SHOP.fullmatch(self.campaign))


def is_push(touch: Touch) -> bool:
    return touch.medium.endswith("push") or "mobile" in touch.medium or "notification" in touch.medium


# What none of the channels takes.
UNASSIGNED = "unassigned"
# The first that holds wins.
CHANNELS: dict[str, Callable[[Touch], bool]] = {
    "direct": lambda touch: touch.source == "(direct)" and touch.medium in {"", "(none)", "(not set)"},
    "cross_network": lambda touch: "cross-network" in touch.campaign,
    "paid_shopping": lambda touch: touch.is_paid and touch.is_shop,
    "paid_search": lambda touch: touch.is_paid and touch.kind == "search",
    "paid_social": lambda touch: touch.is_paid and touch.kind == "social",
    "paid_video": lambda touch: touch.is_paid and touch.kind == "video",
    "display": lambda touch: touch.medium in DISPLAY,
    "paid_other": lambda touch: touch.is_paid,
    "ai_assistant": lambda touch: touch.kind == "ai",
    "organic_shopping": lambda touch: touch.is_shop,
    "organic_social": lambda touch: touch.kind == "social" or touch.medium in SOCIAL,
    "organic_video": lambda touch: touch.kind == "video" or "video" in touch.medium,
    "organic_search": lambda touch: touch.kind == "search" or touch.medium == "organic",
    "email": lambda touch: touch.source in EMAIL or touch.medium in EMAIL,
    "affiliates": lambda touch: touch.medium in {"affiliate", "affiliates"},
    "referral": lambda touch: touch.medium in {"referral", "app", "link"},
    "audio": lambda touch: touch.medium == "audio",
    "sms": lambda touch: touch.source == "sms" or touch.medium == "sms",
    "mobile_push": lambda touch: is_push(touch) or touch.source == "firebase",
}


def channel_of(page: Address, referrer: str, campaign: Mapping[str, str]) -> str:
    """A name of ``CHANNELS``, or ``UNASSIGNED``. ``referrer``: a host or empty; ``campaign``: the utm attributes.

    Tags say more than the referrer, and a click's mark fills in what the tags leave out.
    """
    touch = _tagged(page.query, campaign) or _referred(page.host, referrer, campaign)
    return _channel_of(touch)


# Small, for a campaign's name may be long.
@lru_cache(maxsize=512)
def _channel_of(touch: Touch) -> str:
    return next((name for name, holds in CHANNELS.items() if holds(touch)), UNASSIGNED)


def _tagged(query: str, campaign: Mapping[str, str]) -> Touch | None:
    source, medium = (campaign.get(name, "").strip().lower() for name in ("utmSource", "utmMedium"))
    if click := CLICK.search(query):
        by_source, by_medium = CLICKS[click[1]]
        source, medium = source or by_source, medium or by_medium
    return Touch(source, medium, _name_of(campaign), kind_of(source)) if source or medium else None


def _referred(own_host: str, referrer: str, campaign: Mapping[str, str]) -> Touch:
    if not referrer or same_site(own_host, referrer):
        return Touch("(direct)", "(none)", _name_of(campaign), "")
    kind = kind_of(referrer)
    return Touch(referrer, MEDIUM_OF.get(kind, "referral"), _name_of(campaign), kind)


def _name_of(campaign: Mapping[str, str]) -> str:
    return campaign.get("utmCampaign", "").strip().lower()


def same_site(host: str, other: str) -> bool:
    """Whether two hosts are one, or one lies below the other; the port and www do not matter."""
    one, two = (each.partition(":")[0].removeprefix("www.") for each in (host, other))
    return bool(one and two) and (one == two or one.endswith(f".{two}") or two.endswith(f".{one}"))


def kind_of(source: str) -> str:
    """What is known of a host, or of the nearest host above it, or of a name in utm_source; else empty."""
    return _kind_of(source[:LONGEST_HOST])


@lru_cache(maxsize=4_096)
def _kind_of(source: str) -> str:
    known, host = _known(), source.partition(":")[0].removeprefix("www.")
    if GOOGLE.fullmatch(host):
        return "search"
    if "." not in host:
        return known.get(host, "")
    while "." in host and host not in known:
        host = host.partition(".")[2]
    # A top-level domain is no name of a source, though there is a .google.
    return known[host] if "." in host else ""


@cache
def _known() -> dict[str, str]:
    listed = json.loads(REFERRERS.read_text())
    kinds = [*listed.items(), *((kind, [hosts]) for kind, hosts in MORE.items())]
    return {host: kind for kind, lines in kinds for line in lines for host in line.split()}
