"""Five sites of different make, and for each what a marketer would want to count there. Written from the pages' sight,
before anything was proposed for them; ``__`` in a file's name is a slash in its path."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

FOLDER = Path(__file__).parent
What = Literal["click", "begin", "send", "view", "kind"]


@dataclass(frozen=True)
class Intended:
    """``what`` somebody does to ``element`` on ``page``: clicks it, begins or sends a form.

    ``view``: comes to the page; ``kind``: ``element`` names the kind of trigger that is meant, and perhaps its event.
    """

    name: str
    page: str
    what: What
    element: str = ""


def click(name: str, page: str, element: str) -> Intended:
    return Intended(name, page, "click", element)


def begin(name: str, page: str, element: str) -> Intended:
    return Intended(name, page, "begin", element)


def send(name: str, page: str, element: str) -> Intended:
    return Intended(name, page, "send", element)


def view(name: str, page: str) -> Intended:
    return Intended(name, page, "view")


def kind(name: str, page: str, trigger: str) -> Intended:
    return Intended(name, page, "kind", trigger)


SITES: dict[str, list[Intended]] = {
    "shop": [
        kind("searches the shop", "index", "site_search"),
        click("goes to the kettles from the hero", "index", ".hero .btn"),
        click("looks at gift cards", "index", "main .btn--ghost"),
        send("subscribes to the newsletter", "index", ".newsletter"),
        kind("calls", "index", "contact_click phone_click"),
        kind("writes an e-mail", "index", "contact_click email_click"),
        kind("looks up the way", "index", "contact_click map_click"),
        kind("visits Instagram or Facebook", "index", "outbound_click"),
        click("adds to the cart from the list", "collections/kettles", ".card:nth-child(3) .card__add"),
        click("adds to the wishlist", "collections/kettles", ".card:nth-child(2) .card__wish"),
        click("wants to see more", "collections/kettles", ".collection__more"),
        click("adds to the cart", "products/steel-kettle", ".product__submit"),
        click("reads the size guide", "products/steel-kettle", "[data-modal=size-guide]"),
        click("compares", "products/steel-kettle", "[data-compare]"),
        send("asks to be told when it is back", "products/steel-kettle", ".stock-alert"),
        kind("watches the video", "products/steel-kettle", "media_progress video_start"),
        kind("downloads the manual", "products/steel-kettle", "download"),
        kind("shares a product", "products/steel-kettle", "share"),
        click("begins a review", "products/steel-kettle", ".reviews__write"),
        view("looks at the cart", "cart"),
        send("enters a discount code", "cart", ".coupon"),
        view("goes to the checkout", "checkout"),
        begin("begins the checkout form", "checkout", "#checkout-form"),
        view("buys", "checkout/thank-you"),
        click("creates an account", "checkout/thank-you", "main .btn"),
    ],
    "b2b": [
        click("wants a quote", "index", ".masthead .btn-primary"),
        click("wants a quote, on a phone", "contact", "#mobileMenu .btn-primary"),
        click("looks at all products", "index", ".masthead .btn-outline-light"),
        kind("watches the tour", "index", "media_progress video_start"),
        click("calculates savings", "index", "#calc-savings"),
        send("asks for a call", "index", "#callback"),
        kind("searches for a part", "products", "site_search"),
        kind("calls", "index", "contact_click phone_click"),
        kind("writes an e-mail", "index", "contact_click email_click"),
        kind("looks up the way", "index", "contact_click map_click"),
        kind("visits LinkedIn", "index", "outbound_click"),
        send("subscribes to news", "index", ".footer-news"),
        click("opens the chat", "resources", "#chat-launcher"),
        kind("downloads a data sheet", "products", "download"),
        click("reads about a product", "products", ".card .btn"),
        click("opens the configurator", "products", "[data-action=open-configurator]"),
        send("gets the white paper", "resources", ".gated"),
        begin("begins to write to us", "contact", "#contactForm"),
        send("writes to us", "contact", "#contactForm"),
        begin("begins a request for a quote", "quote", "#quoteForm"),
        send("requests a quote", "quote", "#quoteForm"),
    ],
    "saas": [
        click("goes to the trial from the hero", "index", "main section:first-child .Button_root__x7Y2a"),
        click("goes to the trial from the menu", "docs", "header .bg-indigo-600"),
        click("wants a demo", "index", "main [href='/demo']"),
        kind("watches the tour", "index", "media_progress video_start"),
        click("goes to the log-in", "index", "header [href$=login]"),
        view("looks at prices", "pricing"),
        click("looks at yearly prices", "pricing", "[role=tab]:nth-child(2)"),
        click("chooses the pro plan", "pricing", ".grid > :nth-child(2) button"),
        click("wants to talk to sales", "pricing", "[href='/contact-sales']"),
        click("opens a question", "pricing", "main section div:nth-of-type(2) button"),
        begin("begins to sign up", "signup", "main form"),
        send("signs up", "signup", "main form"),
        click("signs up with Google", "signup", "main > button"),
        kind("searches the docs", "docs", "site_search"),
        click("copies a command", "docs", "pre + button"),
        click("says that a page helped", "docs", ".mt-8 button:nth-of-type(1)"),
        send("subscribes to the newsletter", "index", "footer form"),
        click("opens the chat", "signup", "[aria-label='Open live chat']"),
        kind("visits GitHub", "index", "outbound_click"),
    ],
    "blog": [
        kind("searches", "index", "site_search"),
        click("wants to read on", "index", "#post-102 .more-link"),
        click("wants to see more posts", "index", "#load-more-posts"),
        send("subscribes in the footer", "index", "#mc4wp-form-2"),
        send("subscribes in the pop-up", "about", "#pum-77 form"),
        kind("shares the post", "blog/sourdough-in-winter", "share"),
        click("copies the link", "blog/sourdough-in-winter", ".copy-link"),
        click("likes the post", "blog/sourdough-in-winter", ".wp-ulike-btn"),
        click("saves the post", "blog/sourdough-in-winter", ".save-post"),
        click("gives a coffee", "blog/sourdough-in-winter", ".wp-block-buttons a"),
        kind("listens to the episode", "blog/sourdough-in-winter", "media_progress video_start"),
        kind("downloads the e-book", "blog/sourdough-in-winter", "download"),
        kind("follows a link to another site", "blog/sourdough-in-winter", "outbound_click"),
        kind("reads a post to its end", "blog/sourdough-in-winter", "read_to_end"),
        click("reads a related post", "blog/sourdough-in-winter", ".jp-relatedposts-post-a"),
        send("comments", "blog/sourdough-in-winter", "#commentform"),
        kind("writes an e-mail", "about", "contact_click email_click"),
        click("takes the RSS feed", "index", "footer [href$=feed]"),
    ],
    "clinic": [
        click("wants an appointment", "index", "main .elementor-button"),
        click("wants an appointment, on a phone", "cennik", ".elementor-hidden-desktop [href$=umow-wizyte]"),
        click("wants an appointment with a doctor", "lekarze", ".doctor:nth-of-type(2) .doctor__book"),
        kind("calls", "index", "contact_click phone_click"),
        kind("writes an e-mail", "index", "contact_click email_click"),
        kind("looks up the way", "index", "contact_click map_click"),
        click("writes on WhatsApp", "kontakt", ".elementor-social-icon"),
        kind("reads what patients say", "index", "outbound_click"),
        click("goes to the patients' portal", "index", "header [href*=portal]"),
        kind("watches the film", "index", "media_progress video_start"),
        send("asks for a call", "index", "main form"),
        click("opens a question", "index", ".faq details:nth-of-type(2) summary"),
        kind("searches for a doctor", "lekarze", "site_search"),
        view("looks at prices", "cennik"),
        kind("downloads the price list", "cennik", "download"),
        begin("begins to book", "umow-wizyte", "#booking"),
        send("books", "umow-wizyte", "#booking"),
        begin("begins to write to us", "kontakt", "main form"),
        send("writes to us", "kontakt", "main form"),
    ],
}


def pages_of(site: str) -> dict[str, str]:
    """The pages of a site by path, each with a place for the script tag."""
    return {path.stem.replace("__", "/"): path.read_text() for path in sorted((FOLDER / site).glob("*.html"))}
