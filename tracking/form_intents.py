"""What a form is for and what a path stands for, pure: from the names of fields, the button and the address."""

import re
from dataclasses import dataclass

from tracking.drafts import Said, folded, stem_of
from tracking.goals import Level
from tracking.intents import VOCABULARY, Intent, intent_in
from tracking.items import Item

# Fewer fields are filled in at once: nobody begins such a form without sending it.
WORTH_BEGINNING = 3


@dataclass(frozen=True, slots=True)
class FormIntent:
    """``start``: to begin it; None where that is no step of its own. ``sent``: to send it."""

    sent: Intent
    start: Intent | None


def _form(event: str, name: str, *, level: Level = "macro", category: str = "form", stage: str = "decision") -> Intent:
    return Intent(event, Said(name), category, stage, level)


PURCHASE = _form("purchase", "Bought", category="commerce")
CHECKOUT = _form("checkout_form_start", "Began the checkout form", level="micro", category="commerce")
# By the words on the button, its form and the page; with what the form is called where to begin it is a step.
BY_WORDS = [(re.compile(rf"\b({'|'.join(row['words'])})"), intent_in(row), row["form"]) for row in VOCABULARY["forms"]]
BY_EVENT = {intent.event: (intent, called) for _pattern, intent, called in BY_WORDS}
NEWSLETTER = _form(
    "newsletter_signup",
    "Subscribed to the newsletter",
    level="micro",
    category="relationship",
    stage="consideration",
)
CONTACT = _form("contact", "Wrote to us")
LOGIN = _form("login", "Logged in", level="micro", category="relationship", stage="retention")
COUPON = _form("coupon_used", "Entered a discount code", level="micro", category="commerce")
ADDRESS = re.compile(
    r"address|street|zip|postcode|postal|city|card|cvc|shipping|delivery|ulica|kod_?pocz|miasto|adres|strasse|plz|ort$"
)
WHEN = re.compile(r"(^|_|\[)(date|time|data|termin|godzina|datum|uhrzeit|arrival|checkin|doctor|lekarz)")


def intent_of_form(item: Item, path: str) -> FormIntent:
    """``path``: of the page that it was found on; it decides only where fields and words say nothing."""
    names = [folded(one.rpartition(":")[0]) for one in item.fields]
    types = {one.rpartition(":")[2] for one in item.fields}
    typed = len(item.typed)
    if sum(bool(ADDRESS.search(name)) for name in names) >= 2:
        return FormIntent(PURCHASE, CHECKOUT)
    sent, called = _by_fields(names, types, typed) or _by_words(item, path) or _plain(item, names, typed)
    start = None
    if called and typed >= WORTH_BEGINNING:
        stem = f"{stem_of(called)}_start"
        start = Intent(stem, Said("Began the %(form)s", {"form": called}), "form", "decision", known=sent.known)
    return FormIntent(sent, start)


def _by_fields(names: list[str], types: set[str], typed: int) -> tuple[Intent, str] | None:
    if "password" in types:
        return BY_EVENT["sign_up"] if typed > 2 else (LOGIN, "")
    if any(re.search(r"coupon|promo|discount|voucher|rabat|kod_?rab|gutschein", name) for name in names):
        return COUPON, ""
    if any(re.search(r"comment|komentarz", name) for name in names):
        return BY_EVENT["comment"]
    if types & {"date", "datetime-local", "time"} or sum(bool(WHEN.search(name)) for name in names) >= 2:
        return BY_EVENT["book"]
    return None


def _by_words(item: Item, path: str) -> tuple[Intent, str] | None:
    page = path.rpartition("/")[2]
    names = " ".join(one.rpartition(":")[0] for one in item.fields)
    # A footer stands on every page: of a small form the page says nothing.
    places = [item.text, item.selector, names, page if len(item.typed) > 2 else ""]
    for place in places:
        said = folded(place).replace("-", " ").replace("_", " ")
        for words, intent, called in BY_WORDS:
            if words.search(said) and not _is_newsletter(item, said):
                return intent, called
    return None


def _is_newsletter(item: Item, said: str) -> bool:
    return len(item.typed) <= 1 and bool(re.search(r"news|subscri|zapisz|abonn", said))


def _plain(item: Item, names: list[str], typed: int) -> tuple[Intent, str]:
    kinds = {one.rpartition(":")[2] for one in item.typed}
    mails = "email" in kinds or any("mail" in name for name in names)
    if "textarea" in kinds:
        return CONTACT, "contact form"
    if mails and typed <= 2:
        return NEWSLETTER, ""
    if kinds == {"tel"} or (typed <= 2 and "tel" in kinds):
        return BY_EVENT["request_callback"]
    if mails or "tel" in kinds:
        return CONTACT, "contact form"
    stem = stem_of(item.text or item.selector.strip("#.") or "form")
    name = Said("Sent the form “%(text)s”", {"text": item.text}) if item.text else Said("Sent a form")
    return Intent(f"{stem}_submit", name, "form", known=False), "form"


# By the last part of the path; the first that fits.
PAGES = [(re.compile("|".join(row["words"])), intent_in(row)) for row in VOCABULARY["pages"]]
ARTICLES = re.compile(
    r"/(blog|articles?|news|posts?|guides?|magazine?|stories|aktualnosci|poradnik|artykuly|ratgeber|journal)/[^/]+$"
)


def intent_of_page(path: str) -> Intent | None:
    """What coming to a page of this path means, where it means more than reading it."""
    last = folded(re.sub(r"\.\w{2,5}$", "", path.rstrip("/").rpartition("/")[2]))
    return next((intent for pattern, intent in PAGES if pattern.fullmatch(last)), None)


def is_article(path: str) -> bool:
    return bool(ARTICLES.search(path))
