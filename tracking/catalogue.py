"""Ready sets of goals, pure: what shops, makers, software, publishers and local services usually count.

Each goal comes with what makes its event, as far as that is the same on every site: addresses of pages, kinds of links,
the dataLayer that shop systems fill. What is called otherwise everywhere, such as a button, is found on the pages.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tracking.drafts import Draft, GoalDraft, Said, TriggerDraft

# Beyond a dozen the ones that matter drown, and something always moves by chance.
A_DOZEN = 12


@dataclass(frozen=True, slots=True)
class GoalSet:
    label: str
    help: str
    drafts: tuple[Draft, ...]


def _layer(event: str) -> TriggerDraft:
    return TriggerDraft("data_layer", event, {"name": event})


def _page(event: str, *words: str) -> TriggerDraft:
    """A page whose path has one of these words between slashes, dashes and dots."""
    condition = {"subject": "page_path", "operator": "matches", "value": f"[/_-]({'|'.join(words)})([/._-]|$)"}
    return TriggerDraft("page_view", event, {}, (condition,))


def _draft(name: str, event: str, share: float | None, about: str, *triggers: TriggerDraft, **fields: Any) -> Draft:
    """``about``: category and stage. A sum has no share: what it adds up is the worth already, or no money."""
    category, stage = about.split()
    return Draft(GoalDraft(Said(name), event, category=category, stage=stage, share=share, **fields), triggers)


THANKS = (
    "thank-you",
    "thankyou",
    "thanks",
    "confirmation",
    "order-received",
    "success",
    "dziekujemy",
    "danke",
    "merci",
)
PRICES = ("pricing", "prices", "plans", "cennik", "preise", "tarifs", "precios")
CONTACT = TriggerDraft("contact_click")
READ = TriggerDraft("read_to_end")
NINETY = TriggerDraft("scroll_depth", "scroll_90", {"percents": [90]})
BACK = TriggerDraft("visit_count", "returning_visit", {"visits": 2})
LONG = TriggerDraft("time_on_page", "engaged_minute", {"seconds": 60})
SEARCH = _draft(
    "Searched the site", "view_search_results", 0.03, "navigation consideration", TriggerDraft("site_search")
)
DOWNLOAD = _draft("Downloaded a file", "file_download", 0.05, "content consideration", TriggerDraft("download"))
VIDEO = _draft("Played a video", "video_start", 0.02, "content awareness", TriggerDraft("media_progress"))
SHARED = _draft("Shared a page", "share", 0.02, "social retention", TriggerDraft("share"))
AGAIN = _draft("Came back", "returning_visit", 0.03, "relationship retention", BACK)
CALLED = _draft("Called", "phone_click", 0.3, "relationship decision", CONTACT)
WROTE = _draft("Wrote an e-mail", "email_click", 0.2, "relationship decision", CONTACT)
FORM_BEGUN = _draft("Began a form", "form_start", 0.1, "form decision", TriggerDraft("form_start"))
LEAD = _draft("Sent a form", "form_submit", 1, "form decision", TriggerDraft("form_submit"), level="macro")
SUBSCRIBED = _draft(
    "Subscribed to the newsletter", "newsletter_signup", 0.1, "relationship retention", _layer("newsletter_signup")
)
PRICES_SEEN = _draft("Looked at prices", "view_pricing", 0.1, "content decision", _page("view_pricing", *PRICES))

SETS: Mapping[str, GoalSet] = {
    "shop": GoalSet(
        "Shop",
        "Steps to an order. Most shop systems tell them in the dataLayer; the rest is found on your pages.",
        (
            _draft("Bought", "purchase", 1, "commerce decision", _layer("purchase"), level="macro"),
            _draft(
                "Revenue",
                "purchase",
                None,
                "commerce decision",
                _layer("purchase"),
                level="macro",
                measure="sum",
                adds_up="value",
            ),
            _draft("Put something into the cart", "add_to_cart", 0.1, "commerce decision", _layer("add_to_cart")),
            _draft("Went to the checkout", "begin_checkout", 0.3, "commerce decision", _layer("begin_checkout")),
            _draft("Chose how to pay", "add_payment_info", 0.5, "commerce decision", _layer("add_payment_info")),
            _draft("Looked at a product", "view_item", 0.02, "commerce consideration", _layer("view_item")),
            _draft(
                "Put something on the wish list",
                "add_to_wishlist",
                0.05,
                "commerce consideration",
                _layer("add_to_wishlist"),
            ),
            SEARCH,
            SUBSCRIBED,
            AGAIN,
        ),
    ),
    "b2b": GoalSet(
        "Business to business",
        "Long decisions, few buyers: who asks, who reads, who comes back.",
        (
            LEAD,
            FORM_BEGUN,
            CALLED,
            WROTE,
            DOWNLOAD,
            PRICES_SEEN,
            VIDEO,
            _draft("Stayed for a minute", "engaged_minute", 0.02, "content consideration", LONG),
            AGAIN,
        ),
    ),
    "saas": GoalSet(
        "Software",
        "From the first look to an account. “Signed up” needs the dataLayer, or one line of code.",
        (
            _draft("Signed up", "sign_up", 1, "form decision", _layer("sign_up"), level="macro"),
            _draft(
                "Came to the sign-up page",
                "view_sign_up",
                0.2,
                "form decision",
                _page("view_sign_up", "signup", "sign-up", "register", "trial"),
            ),
            PRICES_SEEN,
            _draft("Asked for a demo", "request_demo", 0.8, "form decision", _layer("request_demo")),
            FORM_BEGUN,
            _draft(
                "Read the documentation",
                "view_docs",
                0.05,
                "content consideration",
                _page("view_docs", "docs", "documentation", "help", "guides"),
            ),
            VIDEO,
            _draft("Logged in", "login", 0.05, "relationship retention", _layer("login")),
            AGAIN,
        ),
    ),
    "content": GoalSet(
        "Publisher or blog",
        "Attention: read, watched, shared, and come back for more.",
        (
            _draft(
                "Subscribed to the newsletter",
                "newsletter_signup",
                1,
                "relationship retention",
                _layer("newsletter_signup"),
                level="macro",
            ),
            _draft("Read a page to its end", "read_to_end", 0.05, "content consideration", READ),
            _draft("Scrolled through nearly all", "scroll_90", 0.02, "content awareness", NINETY),
            _draft(
                "Seconds really spent",
                "user_engagement",
                None,
                "content consideration",
                TriggerDraft("time_spent"),
                measure="sum",
                adds_up="seconds",
            ),
            VIDEO,
            SHARED,
            _draft("Copied a passage", "copy", 0.01, "social consideration", TriggerDraft("copy")),
            _draft(
                "Went to another site",
                "outbound_click",
                0.01,
                "navigation awareness",
                TriggerDraft("outbound_click", "outbound_click"),
            ),
            SEARCH,
            AGAIN,
        ),
    ),
    "local": GoalSet(
        "Local service",
        "Whoever calls, writes, looks up the way or books is nearly a customer.",
        (
            LEAD,
            CALLED,
            WROTE,
            _draft("Looked up the way", "map_click", 0.2, "relationship decision", CONTACT),
            FORM_BEGUN,
            PRICES_SEEN,
            _draft(
                "Arrived at the page of thanks",
                "thank_you_page",
                0.9,
                "form decision",
                _page("thank_you_page", *THANKS),
            ),
            DOWNLOAD,
            AGAIN,
        ),
    ),
}
