"""Triggers that hear just what was found, pure: by the element's own name, else by its page, at last by its text.

By name first, because the text and the looks of an element are what experiments change.
"""

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from tracking.drafts import TriggerDraft
from tracking.intents import QUESTION
from tracking.items import Item

Found = Sequence[tuple[Item, str]]
Condition = Mapping[str, Any]

LONGEST_SELECTOR = 300
LONGEST_PATTERN = 200
# More rules than these for one goal nobody can follow.
MOST_PAGES = 3
ANY_ELEMENT = "a, button, summary, [role=button], [role=tab], [type=submit]"
# Say how something looks, and stand on much else.
GENERIC = re.compile(
    r"(btn|button|cta|link|nav|card|icon|elementor|wp-block|form|input|col|row|container|d|text|font|bg|border|rounded|items"
    r"|justify|inline|flex|grid|space|gap|max|min|sticky|top|right|left|bottom|hover|focus|shadow|mt|mb|ms|me|px|py)"
    r"([-_](.*))?"
)
FRAME = re.compile(r"(header|nav|aside|footer) ")
SPECIFIC = re.compile(r"elementor-social|nav-cta|form-\w+-\w+")


def clicks(event: str, found: Found, ambiguous: Collection[str]) -> tuple[TriggerDraft, ...]:
    """``ambiguous``: selectors that also stand for something else somewhere."""
    firm, loose = _sorted_out(found, ambiguous)
    made = [TriggerDraft("click", event, {"selector": selector}) for selector in _joined(firm)[:1]]
    left = [(item, path) for item, path in loose if item.selector or item.text]
    pages = {path for _item, path in left}
    by_page = _by_page("click", event, left)
    if left and (len(pages) > MOST_PAGES or len(by_page) < len(pages)):
        return (*made, _by_text(event, [item.text for item, _path in left]))
    return (*made, *by_page)


def forms(kind: str, event: str, found: Found, ambiguous: Collection[str]) -> tuple[TriggerDraft, ...]:
    firm, loose = _sorted_out(found, ambiguous)
    made = [TriggerDraft(kind, event, {"selector": selector}) for selector in _joined(firm)]
    return (*made, *_by_page(kind, event, loose)[:MOST_PAGES])


def on_pages(paths: Iterable[str]) -> tuple[Condition, ...]:
    """The condition that a page is one of these; a star stands for one part of a path."""
    known = list(dict.fromkeys(paths))
    if len(known) == 1 and "*" not in known[0]:
        return (_page("equals", known[0]),)
    pattern = f"^({'|'.join(_pattern(path) for path in known)})$" if len(known) > 1 else f"^{_pattern(known[0])}$"
    if len(pattern) <= LONGEST_PATTERN:
        return (_page("matches", pattern),)
    # Too many to name: what they have in common at their end.
    return (_page("ends_with", "/" + known[0].rpartition("/")[2].replace("*", "")),)


def _page(operator: str, value: str) -> Condition:
    return {"subject": "page_path", "operator": operator, "value": value}


def _pattern(path: str) -> str:
    return "/".join(
        "[^/]+" if part == "*" else re.sub(r"([.+^$()\[\]{}|?\\])", r"\\\1", part) for part in path.split("/")
    )


def _sorted_out(found: Found, ambiguous: Collection[str]) -> tuple[list[str], list[tuple[Item, str]]]:
    """Selectors that can stand alone, the most frequent first, and what needs more to be found by."""
    places: dict[str, set[str]] = defaultdict(set)
    for item, path in found:
        places[item.selector].add(path)
    firm = [one for one in places if one and one not in ambiguous and (_is_named(one) or _is_common(one, places))]
    firm.sort(key=lambda one: (-len(places[one]), len(one)))
    sure = set(firm)
    return [_legal(one) for one in firm], [(item, path) for item, path in found if item.selector not in sure]


def _is_named(selector: str) -> bool:
    if ":nth-child" in selector:
        return False
    if re.search(r"#|\[(?!href)", selector):
        return True
    classes = re.findall(r"\.([\w-]+)", selector)
    named = [name for name in classes if SPECIFIC.match(name) or not GENERIC.fullmatch(name)]
    return bool(named) or "[href" in selector


def _is_common(selector: str, places: Mapping[str, set[str]]) -> bool:
    """The same place on several pages is a part of the frame that they share."""
    return bool(FRAME.match(selector)) and ":nth-child" not in selector and len(places[selector]) > 1


def _legal(selector: str) -> str:
    """Of tags alone it would look like plain words, which the forms refuse."""
    return selector if re.search(r"[#.\[>:]", selector) or " " not in selector else f":root {selector}"


def _joined(selectors: Sequence[str]) -> list[str]:
    """As few lists as hold them all."""
    lists: list[str] = []
    for selector in selectors:
        if lists and len(lists[-1]) + len(selector) + 2 <= LONGEST_SELECTOR:
            lists[-1] += f", {selector}"
        else:
            lists.append(selector)
    return lists


def _by_page(kind: str, event: str, found: Found) -> list[TriggerDraft]:
    """One for each page where the selectors are known."""
    selectors: dict[str, dict[str, None]] = defaultdict(dict)
    for item, path in found:
        if item.selector:
            selectors[path][_legal(item.selector)] = None
    pages: dict[str, list[str]] = defaultdict(list)
    for path, known in selectors.items():
        joined = _joined(list(known))
        if len(joined) == 1:
            pages[joined[0]].append(path)
    return [TriggerDraft(kind, event, {"selector": one}, on_pages(paths)) for one, paths in pages.items()]


def _by_text(event: str, texts: Iterable[str]) -> TriggerDraft:
    known = list(dict.fromkeys(text for text in texts if text))
    return TriggerDraft("click", event, {"selector": ANY_ELEMENT}, (_text(known),))


def _text(texts: Sequence[str]) -> Condition:
    if all(QUESTION.search(text) for text in texts):
        return {"subject": "text", "operator": "ends_with", "value": "?"}
    # What a price or a number begins is another one tomorrow.
    plain = list(dict.fromkeys(re.split(r"\s*[–(-]?\s*[£$€]?\s*\d", text)[0] or text for text in texts))
    if len(plain) == 1:
        operator = "equals" if plain[0] in texts else "starts_with"
        return {"subject": "text", "operator": operator, "value": plain[0]}
    words = [re.sub(r"([.+*^$()\[\]{}|?\\])", r"\\\1", text) for text in plain]
    while len("|".join(words)) > LONGEST_PATTERN - 4:
        words.pop()
    return {"subject": "text", "operator": "matches", "value": f"^({'|'.join(words)})"}
