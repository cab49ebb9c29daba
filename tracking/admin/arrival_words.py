"""What every reason is called, and what to do about it. A new reason is one line here."""

from typing import NamedTuple

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class Words(NamedTuple):
    title: str | Promise
    advice: str | Promise


OURS = _("Nothing to do for you; show it to your developers.")
LATER = _("They are kept and can be looked at, but are in no result.")

REJECTED = {
    "unreadable": Words(
        _("Not written as an event should be"),
        _("A field is missing or is of the wrong kind. Show your developers the example below; it says which one."),
    ),
    "event_too_large": Words(
        _("Too large"), _("An event may have 32 KB. Send what you want to count, not a whole page or basket.")
    ),
    "too_many_properties": Words(
        _("Too many properties"), _("An event may carry 100. Leave out those that no goal asks for.")
    ),
    "nested_too_deeply": Words(_("Lists within lists within lists"), _("Send properties as simple names and values.")),
    "no_id": Words(
        _("Without an id"), _("Each event needs an id of its own, so that it is counted once when it is sent twice.")
    ),
    "illegal_id": Words(
        _("With an id that cannot be one"), _("An id is a text of up to 200 signs, another one for each event.")
    ),
    "illegal_name": Words(
        _("Without a usable name"), _("Name what happened, such as add_to_cart, in at most 100 signs.")
    ),
    "illegal_visitor_id": Words(
        _("Nobody's event"),
        _("The visitor's id is empty, or is “null” or “undefined”: the page sent it before it knew who is there."),
    ),
    "illegal_user_id": Words(
        _("With a user id that cannot be one"),
        _("The user's id is “null” or “undefined”. Leave it out while nobody is logged in."),
    ),
    "illegal_time": Words(
        _("With a time that cannot be"), _("Write times as 2026-03-01T12:00:00Z, or leave them out: then it is now.")
    ),
    "too_old": Words(
        _("Too late"),
        _("It happened more than 7 days before it arrived. To bring in older events, use a key that may import."),
    ),
    "too_far_ahead": Words(
        _("From the future"), _("The sender's clock is more than a day ahead. Set it right, or send sent_at with it.")
    ),
    "illegal_characters": Words(
        _("With signs that cannot be stored"), _("A text holds a zero byte, mostly from a file that is no text.")
    ),
    "number_out_of_range": Words(
        _("With a number that is far too large"), _("Send it as a text if it is an id and nothing to add up.")
    ),
    "unstorable": Words(_("It could not be stored"), OURS),
    "too_many_names": Words(
        _("Too many different names"),
        _("A project may have 500 names of events a day. Put what differs, such as an article, into a property."),
    ),
}
FILTERED = {
    "consent": Words(
        _("The visitor has not agreed"),
        _("That is as it should be. If these are nearly all, look whether your consent banner tells us the answer."),
    ),
    "gpc": Words(
        _("The browser asks not to be tracked"),
        _("Global Privacy Control is on. The visitor still sees a variant, and is not measured."),
    ),
    "dnt": Words(_("The browser says “Do Not Track”"), _("The visitor still sees a variant, and is not measured.")),
    "erased": Words(_("Of somebody who was erased"), _("Nothing is kept of people who asked for that.")),
    "feature_evaluated": Words(
        _("Sent for every feature of a page"), _("They say nothing that exposures do not say. Nothing is lost.")
    ),
    "not_in_experiment": Words(
        _("Of visitors who are in no experiment"), _("They were shown the page as it is. Nothing is lost.")
    ),
}
MARKED = {
    "bot": Words(_("Robots"), LATER),
    "test": Words(_("Your own tests"), LATER),
    "preview": Words(_("Previews of a variant"), LATER),
    "internal": Words(_("People of your own company"), LATER),
    "prefetch": Words(_("Pages that a browser loaded ahead"), LATER),
}
DUPLICATE = Words(
    _("Sent more than once"),
    _("Browsers send again when a line breaks. Each is counted once. More than a few in a hundred are worth a look."),
)

SILENCE = {
    "no_key": Words(_("This project has no key in use"), _("Make a client key, and put its script tag on your pages.")),
    "key_never_used": Words(
        _("No page and no server has used this project's key so far"),
        _("Put the script tag on your pages and open one of them. You find the tag with your project."),
    ),
    "script_silent": Words(
        _("Your pages load the script, but have told nothing yet"),
        _("Publish a trigger or start a test, then load your page again."),
    ),
    "consent_first": Words(
        _("Your pages load the script, but no visitor has agreed yet"),
        _("Accept in your consent banner. If you have, look whether the banner tells us the answer."),
    ),
    "nothing_today": Words(
        _("Nothing has arrived for 24 hours"), _("Look whether the script tag is still on your pages.")
    ),
    "consent": Words(
        _("Visitors have not agreed, so nothing of them is kept"),
        _("Accept in your consent banner. If you have, look whether the banner tells us the answer."),
    ),
    "only_filtered": Words(
        _("What arrives is left out"), _("The list of what did not arrive says why, for each reason.")
    ),
    "only_rejected": Words(
        _("What arrives cannot be read"), _("The list of what did not arrive says why, for each reason.")
    ),
    "only_bots": Words(
        _("Only robots have come in the last 24 hours"),
        _("They are kept and not counted. Open your page in an ordinary browser."),
    ),
    "only_marked": Words(
        _("Only robots, tests and colleagues have come in the last 24 hours"), _("They are kept and not counted.")
    ),
    "script_not_seen": Words(
        _("Events arrive, but none from a page"),
        _("They come from your servers. Put the script tag on your pages to see what visitors do there."),
    ),
    "other_visitors": Words(
        _("Events arrive, but none of this visitor"),
        _("Compare the id with the one in the debug panel of your page. It stays the same only in one browser."),
    ),
}
GROUPS = {"stored": MARKED, "filtered": FILTERED, "rejected": REJECTED}


def words_of(outcome: str, reason: str) -> Words:
    """Of a reason that nobody has described yet, its code."""
    if outcome == "duplicate":
        return DUPLICATE
    return GROUPS.get(outcome, {}).get(reason) or Words(reason.replace("_", " ").capitalize(), OURS)
