"""The demo shop's story, pure: what is asked, what is tested, and how visitors behave, with effects that we know."""

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from experiments.demo.visitors import attributes_of

SEED = 20_26
VISITORS = 9_000
# Long enough for whole weeks before the planned end and a day since.
STORY = timedelta(days=22)

HERO, FORM, PRICING, NOTE = "hero-cta", "signup-form", "pricing-headline", "letter-note"
# Of the people who were given the new headline, so many left before the page could say that it was shown.
LOST_WITH_NEW_HEADLINE = 0.2

GOALS: tuple[Mapping[str, Any], ...] = (
    {
        "key": "purchase",
        "name": "Bought something",
        "level": "macro",
        "event": "purchase",
        "measure": "once",
        "category": "commerce",
        "stage": "decision",
    },
    {
        "key": "revenue",
        "name": "Revenue",
        "level": "macro",
        "event": "purchase",
        "measure": "sum",
        "property": "value",
        "currency": "EUR",
        "category": "commerce",
        "stage": "decision",
    },
    {
        "key": "lead",
        "name": "Sent the form",
        "level": "macro",
        "event": "generate_lead",
        "measure": "once",
        "category": "form",
        "stage": "decision",
    },
    {
        "key": "add-to-cart",
        "name": "Put it in the cart",
        "level": "micro",
        "event": "add_to_cart",
        "measure": "once",
        "category": "commerce",
        "stage": "consideration",
        "leads_to": "purchase",
    },
    {
        "key": "begin-checkout",
        "name": "Went to the checkout",
        "level": "micro",
        "event": "begin_checkout",
        "measure": "once",
        "category": "commerce",
        "stage": "decision",
        "leads_to": "purchase",
    },
    {
        "key": "newsletter-signup",
        "name": "Joined the newsletter",
        "level": "micro",
        "event": "newsletter_signup",
        "measure": "once",
        "category": "relationship",
        "stage": "awareness",
        "leads_to": "purchase",
    },
    {
        "key": "form-start",
        "name": "Began the form",
        "level": "micro",
        "event": "form_start",
        "measure": "once",
        "category": "form",
        "stage": "consideration",
        "leads_to": "lead",
    },
    {
        "key": "select-plan",
        "name": "Chose a plan",
        "level": "micro",
        "event": "select_plan",
        "measure": "once",
        "category": "commerce",
        "stage": "consideration",
        "leads_to": "lead",
    },
)

# What the shop's pages tell without a line of their own code; only the purchase is pushed, to the dataLayer.
_PRICE = {"name": "value", "source": "attribute", "from": "data-price", "selector": "body", "as": "number"}
_CURRENCY = {"name": "currency", "source": "attribute", "from": "data-currency", "selector": "body"}
TRIGGERS: tuple[Mapping[str, Any], ...] = (
    {
        "key": "cart",
        "name": "Buy button clicked",
        "kind": "click",
        "event": "add_to_cart",
        "params": {"selector": "#buy"},
        "properties": [_PRICE, _CURRENCY],
    },
    {
        "key": "checkout",
        "name": "Checkout begun",
        "kind": "form_start",
        "event": "begin_checkout",
        "params": {"selector": "#checkout"},
        "properties": [_PRICE, _CURRENCY],
    },
    {
        "key": "purchase",
        "name": "Order in the dataLayer",
        "kind": "data_layer",
        "event": "purchase",
        "params": {"name": "purchase"},
    },
    {
        "key": "offer-begun",
        "name": "Form for offices begun",
        "kind": "form_start",
        "params": {"selector": "#quote"},
    },
    {
        "key": "offer-sent",
        "name": "Form for offices sent",
        "kind": "form_submit",
        "event": "generate_lead",
        "params": {"selector": "#quote"},
    },
    {
        "key": "letter",
        "name": "Newsletter form sent",
        "kind": "form_submit",
        "event": "newsletter_signup",
        "params": {"selector": "#newsletter"},
    },
    {
        "key": "reviews",
        "name": "Reviews read",
        "kind": "element_visible",
        "event": "read_reviews",
        "params": {"selector": "#voices", "seconds": 1},
    },
)


@dataclass(frozen=True, slots=True)
class Test:
    """One experiment of the shop. ``began`` and ``lasts`` are days; ``meets``: the share of visitors who see it."""

    order: Mapping[str, Any]
    began: int
    lasts: int
    meets: float

    @property
    def key(self) -> str:
        return str(self.order["key"])

    def started_at(self, now: datetime) -> datetime:
        return now - timedelta(days=self.began)

    def body(self, now: datetime) -> dict[str, Any]:
        """What the management API is told."""
        return {**self.order, "planned_end": self.started_at(now) + timedelta(days=self.lasts)}


TESTS: tuple[Test, ...] = (
    Test(
        {
            "key": HERO,
            "name": "Free delivery on the button",
            "hypothesis": "A button that names the benefit makes more people put the set in the cart, and buy it.",
            "kind": "cta",
            "planned_sample": 8_000,
            "variants": [
                {"key": "original", "name": "Add to cart", "is_control": True},
                {
                    "key": "free-delivery",
                    "name": "Free delivery",
                    "payload": {
                        "selector": "#buy",
                        "text": "Add to cart — free delivery",
                        "background": "#0f7b4f",
                        "color": "#ffffff",
                    },
                },
            ],
            "goals": [
                {"goal": "purchase", "role": "primary"},
                {"goal": "revenue", "role": "secondary"},
                {"goal": "add-to-cart", "role": "secondary"},
                {"goal": "begin-checkout", "role": "secondary"},
                {"goal": "newsletter-signup", "role": "secondary"},
            ],
        },
        began=22,
        lasts=21,
        meets=1.0,
    ),
    Test(
        {
            "key": FORM,
            "name": "Three fields instead of six",
            "hypothesis": "A shorter form is begun more often and sent more often.",
            "kind": "json",
            "planned_sample": 6_000,
            "variants": [
                {
                    "key": "six-fields",
                    "name": "Six fields",
                    "is_control": True,
                    "payload": {"fields": ["name", "email", "phone", "company", "size", "message"]},
                },
                {"key": "three-fields", "name": "Three fields", "payload": {"fields": ["name", "email", "message"]}},
            ],
            "goals": [{"goal": "lead", "role": "primary"}, {"goal": "form-start", "role": "secondary"}],
        },
        began=9,
        lasts=18,
        meets=0.8,
    ),
    Test(
        {
            "key": PRICING,
            "name": "Headline above the prices",
            "hypothesis": "A headline about the gain, not the product, makes more people choose a plan.",
            "kind": "cta",
            "variants": [
                {"key": "original", "name": "Simple prices", "is_control": True},
                {
                    "key": "gain",
                    "name": "Save an hour a day",
                    "payload": {"selector": "#pricing-headline", "text": "Save an hour a day"},
                },
            ],
            "goals": [{"goal": "lead", "role": "primary"}, {"goal": "select-plan", "role": "secondary"}],
        },
        began=15,
        lasts=28,
        meets=0.95,
    ),
    Test(
        {
            "key": NOTE,
            "name": "A note about the letter",
            "hypothesis": "Who has read the reviews and sees a note about the newsletter joins it more often.",
            "kind": "popup",
            "planned_sample": 4_000,
            "variants": [
                {"key": "nothing", "name": "No note", "is_control": True},
                {
                    "key": "note",
                    "name": "A note in the corner",
                    "payload": {
                        "title": "A letter on the first of the month",
                        "text": "One recipe, one roaster worth knowing, nothing else.",
                        "button": "Sign up",
                        "url": "/demo/shop/#letter",
                        "after": "read_reviews",
                        "place": "corner",
                        "once_days": 30,
                    },
                },
            ],
            # More letters must not be bought with fewer sales.
            "goals": [
                {"goal": "newsletter-signup", "role": "primary"},
                {"goal": "purchase", "role": "guardrail", "margin": 0.2},
            ],
        },
        began=6,
        lasts=21,
        meets=0.5,
    ),
)


@dataclass(frozen=True, slots=True)
class Step:
    """``share`` of those who came this far do ``event``, by variant; whoever does not goes no further."""

    event: str
    share: Mapping[str, float]
    minutes: float = 1.0


# What is true in this shop. In reality nobody knows it; here it can be compared with what the result page says.
PATHS: Mapping[str, tuple[Step, ...]] = {
    HERO: (
        Step("add_to_cart", {"original": 0.18, "free-delivery": 0.25}),
        Step("begin_checkout", {"original": 0.55, "free-delivery": 0.58}, minutes=4),
        Step("purchase", {"original": 0.50, "free-delivery": 0.55}, minutes=6),
    ),
    FORM: (
        Step("form_start", {"six-fields": 0.30, "three-fields": 0.34}),
        Step("generate_lead", {"six-fields": 0.40, "three-fields": 0.41}, minutes=3),
    ),
    PRICING: (
        Step("select_plan", {"original": 0.22, "gain": 0.24}),
        Step("generate_lead", {"original": 0.30, "gain": 0.30}, minutes=5),
    ),
    NOTE: (Step("newsletter_signup", {"nothing": 0.02, "note": 0.03}, minutes=2),),
}
NEWSLETTER = 0.06
# One set, two, or one with a bag of beans.
BASKETS = (39.9, 39.9, 39.9, 79.8, 54.9)
# Visits by hour of the day: few at night, most in the evening.
RHYTHM = (2, 1, 1, 1, 1, 2, 4, 6, 8, 9, 9, 9, 10, 9, 8, 8, 9, 10, 12, 14, 15, 13, 9, 5)


@dataclass(frozen=True, slots=True)
class Visit:
    """Somebody comes to the shop. ``meets``: the tests on the pages that are seen; ``luck`` decides the rest."""

    visitor_id: str
    at: datetime
    meets: tuple[str, ...]
    luck: random.Random = field(compare=False)


def visits(now: datetime, *, count: int = VISITORS, seed: int = SEED) -> Iterator[Visit]:
    """The same visitors at each call with the same ``now``."""
    for number in range(count):
        luck = random.Random(f"{seed}:{number}")
        at = _arrival(now, luck)
        meets = tuple(test.key for test in TESTS if at >= test.started_at(now) and luck.random() < test.meets)
        yield Visit(f"demo-{luck.getrandbits(48):012x}", at, meets, luck)


def _arrival(now: datetime, luck: random.Random) -> datetime:
    while True:
        day = (now - STORY * luck.random()).replace(hour=0, minute=0, second=0, microsecond=0)
        at = day + timedelta(hours=luck.choices(range(24), RHYTHM)[0], seconds=luck.randrange(3600))
        # The last hour is left to finish what was begun.
        if now - STORY <= at < now - timedelta(hours=1):
            return at


def journey(visit: Visit, variants: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    """The events of one visit, given what the visitor was shown in each test."""
    for number, test in enumerate(visit.meets):
        variant, at = variants[test], visit.at + timedelta(minutes=2 * number)
        lost = test == PRICING and variant == "gain" and visit.luck.random() < LOST_WITH_NEW_HEADLINE
        if not lost:
            yield _event(visit, "experiment_viewed", at, key=f"viewed:{test}", experiment=test, variant=variant)
            yield from _along(visit, test, variant, at)
    if visit.luck.random() < NEWSLETTER:
        yield _event(visit, "newsletter_signup", visit.at + timedelta(minutes=9))


def _along(visit: Visit, test: str, variant: str, at: datetime) -> Iterator[dict[str, Any]]:
    for step in PATHS[test]:
        if visit.luck.random() >= step.share[variant]:
            return
        at += timedelta(minutes=step.minutes * visit.luck.uniform(0.3, 1.7))
        bought = step.event == "purchase"
        properties = {"value": visit.luck.choice(BASKETS), "currency": "EUR"} if bought else {}
        yield _event(visit, step.event, at, key=f"{step.event}:{test}", **properties)


def _event(visit: Visit, name: str, at: datetime, *, key: str = "", **properties: Any) -> dict[str, Any]:
    return {
        "id": f"{visit.visitor_id}:{key or name}",
        "name": name,
        "visitor_id": visit.visitor_id,
        "occurred_at": at,
        "properties": properties,
        "context": {"attributes": attributes_of(visit.visitor_id)},
    }
