"""The kinds of triggers, pure: which interactions in a page can become events. The browser's half is
``tracking/client/src/triggers``: a new kind is one line here and one function there."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

ParamType = Literal["selector", "text", "number", "numbers", "seconds"]

DAY_IN_SECONDS = 86_400


@dataclass(frozen=True, slots=True)
class Param:
    """A detail of a trigger. ``least`` and ``most`` bound numbers; ``choices``: the only texts, with their labels."""

    name: str
    label: str
    type: ParamType
    default: Any = ""
    least: float = 0
    most: float = 0
    required: bool = False
    help: str = ""
    choices: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class TriggerKind:
    """``event``: its usual name, empty where there are several (``events``) or none. ``subjects``: what its conditions
    may ask about."""

    label: str
    help: str
    event: str
    params: tuple[Param, ...] = ()
    subjects: tuple[str, ...] = ()
    events: tuple[str, ...] = ()


SUBJECTS = {
    "selector": "Element or what it is in",
    "text": "Text of the element",
    "id": "Id of the element",
    "class": "Classes of the element",
    "link_url": "Address of the link",
    "page_url": "Whole address of the page",
    "page_path": "Path of the page",
    "referrer": "Address of the page before",
    "device": "Device",
}
DEVICES = ("mobile", "desktop")
OPERATORS = {
    "equals": "is",
    "contains": "contains",
    "starts_with": "starts with",
    "ends_with": "ends with",
    "matches": "matches the regular expression",
}
SOURCES = {
    "attribute": "Attribute of an element",
    "text": "Text of an element",
    "url": "Part of the page's address",
    "data_layer": "Value from the dataLayer",
    "constant": "Always the same text",
}
READ_AS = {"text": "Text", "number": "Number"}

PAGE = ("page_url", "page_path", "referrer", "device")
ELEMENT = ("selector", "text", "id", "class", "link_url", *PAGE)
FORM = ("selector", "id", "class", *PAGE)

DOWNLOADS = "pdf, xls, xlsx, csv, doc, docx, odt, ods, ppt, pptx, odp, txt, rtf, epub, zip, rar, 7z, gz, dmg, exe, apk"


def _element(help: str = "A CSS selector such as #buy or .card a.") -> Param:
    return Param("selector", "Element", "selector", required=True, help=help)


def _within(help: str) -> Param:
    return Param("selector", "Only in", "selector", help=help)


def _seconds(default: int, help: str, *, least: float = 1, most: float = DAY_IN_SECONDS) -> Param:
    return Param("seconds", "Seconds", "seconds", default, least, most, help=help)


def _percents(default: tuple[int, ...], help: str) -> Param:
    return Param("percents", "Percent", "numbers", default, 1, 100, help=help)


def _named(help: str) -> Param:
    return Param("name", "Its name", "text", required=True, help=help)


FORMS = _within("A CSS selector of one form, or of what it stands in. Empty: every form.")

TRIGGER_KINDS: dict[str, TriggerKind] = {
    "page_view": TriggerKind(
        "Page is opened",
        "Also when an application of one page shows another address.",
        "page_view",
        subjects=PAGE,
    ),
    "history_change": TriggerKind(
        "Address changes without a new page",
        "Only in applications of one page, and not for the page that was opened first.",
        "page_view",
        subjects=PAGE,
    ),
    "click": TriggerKind(
        "Element is clicked",
        "By mouse, finger or keyboard. A double click is one.",
        "cta_click",
        (_element(),),
        ELEMENT,
    ),
    "link_click": TriggerKind(
        "Link is clicked",
        "Any link; its address is told without query and fragment.",
        "click",
        (_within("A CSS selector of the link, or of what it stands in. Empty: every link."),),
        ELEMENT,
    ),
    "outbound_click": TriggerKind(
        "Link to another site is clicked", "Any link that leads to another host.", "click", (), ELEMENT
    ),
    "download": TriggerKind(
        "File is downloaded",
        "A link to a file of one of these kinds is clicked, or one that the page marks as a download.",
        "file_download",
        (Param("extensions", "Kinds of files", "text", DOWNLOADS, help="File extensions, with commas between."),),
        ELEMENT,
    ),
    "contact_click": TriggerKind(
        "Phone, e-mail or map is clicked",
        "Tells phone_click, email_click or map_click; never the number or the address.",
        "",
        (),
        ELEMENT,
        events=("phone_click", "email_click", "map_click"),
    ),
    "form_start": TriggerKind(
        "Form is begun",
        "The first change of any field. What is typed is never read.",
        "form_start",
        (FORMS,),
        FORM,
    ),
    "form_submit": TriggerKind(
        "Form is sent", "When the browser has found nothing missing.", "form_submit", (FORMS,), FORM
    ),
    "form_abandon": TriggerKind(
        "Form is abandoned",
        "Begun and not sent when the visitor leaves the page, closes it or turns to another tab or application.",
        "form_abandon",
        (FORMS,),
        FORM,
    ),
    "scroll_depth": TriggerKind(
        "Page is scrolled",
        "So much of the page has come into view; nothing before the visitor scrolls.",
        "scroll",
        (_percents((25, 50, 75, 90), "Each is told once a page."),),
        PAGE,
    ),
    "element_visible": TriggerKind(
        "Element is seen",
        "In view for a while, in a tab that is open to see. Once for each element on a page.",
        "cta_view",
        (
            _element(),
            _seconds(1, "For so long without a break.", least=0),
            Param("share", "Percent of it", "number", 50, 1, 100, help="So much of the element is in view."),
        ),
        ELEMENT,
    ),
    "time_on_page": TriggerKind(
        "Time on the page",
        "Only while the page can be seen; other tabs do not count.",
        "time_on_page",
        (_seconds(30, "After so long."),),
        PAGE,
    ),
    "time_spent": TriggerKind(
        "Time really spent",
        "Told when the visitor leaves or looks elsewhere. Add up its property “seconds” for the whole.",
        "user_engagement",
        (),
        PAGE,
    ),
    "media_progress": TriggerKind(
        "Video or audio is played",
        "Players of the page itself, YouTube and Vimeo. Tells video_start, video_progress and video_complete.",
        "",
        (_percents((10, 25, 50, 75, 100), "Each is told once a page for each video."),),
        FORM,
        ("video_start", "video_progress", "video_complete"),
    ),
    "hover": TriggerKind(
        "Mouse rests on an element",
        "Only with a mouse or pen; fingers do not rest.",
        "cta_hover",
        (_element(), _seconds(1, "For so long without a break.")),
        ELEMENT,
    ),
    "copy": TriggerKind(
        "Text is copied",
        "Told is how long the text was, never the text.",
        "copy",
        (_within("A CSS selector of where it stands. Empty: anywhere."),),
        ELEMENT,
    ),
    "site_search": TriggerKind(
        "Search on the site",
        "A page of results is opened: its address has one of these parameters.",
        "view_search_results",
        (
            Param(
                "parameters", "Parameters", "text", "q, s, search, query", help="With commas between; first one wins."
            ),
            Param(
                "tell_term",
                "Tell what was searched",
                "text",
                "no",
                help="Terms that look like an e-mail address or a phone number are never told.",
                choices={"no": "No", "yes": "Yes"},
            ),
        ),
        PAGE,
    ),
    "share": TriggerKind(
        "Page is shared",
        "The browser's own sharing, and links that share on networks and messengers.",
        "share",
        subjects=PAGE,
    ),
    "rage_click": TriggerKind(
        "Clicks in anger", "Three clicks within a second in one place.", "rage_click", subjects=ELEMENT
    ),
    "visit_count": TriggerKind(
        "Visitor comes back",
        "Once a visit, from this one on. A visit ends after half an hour of silence. Needs consent to be stored.",
        "returning_visit",
        (Param("visits", "From visit number", "number", 2, 1, 1_000),),
        PAGE,
    ),
    "read_to_end": TriggerKind(
        "Page is read to the end",
        "Its end has been in view, and the visitor has been there for a while.",
        "read_to_end",
        (_seconds(20, "At least so long on the page."),),
        PAGE,
    ),
    "custom_event": TriggerKind(
        "Event of the page's own code",
        "A CustomEvent on the document or the window. Its details are told where they are plain values.",
        "",
        (_named("As the developers call it."),),
        PAGE,
    ),
    "data_layer": TriggerKind(
        "Event in the dataLayer",
        "What the page pushes for Google Tag Manager, or says by gtag().",
        "",
        (_named("The value of “event”, such as add_to_cart."),),
        PAGE,
    ),
}
