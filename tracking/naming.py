"""Names: keys made from them, so that nobody has to invent one, and what is said of a text that is no selector."""

from collections.abc import Collection

from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _

# As long as the key columns are.
LONGEST = 60
NO_SELECTOR = _("This is no CSS selector. Write #id, .class or the like.")


def key_for(name: str, *, taken: Collection[str] = (), otherwise: str) -> str:
    """A slug of the name that is not taken; ``otherwise`` where nothing of the name fits into a slug."""
    stem = slugify(name)[:LONGEST].strip("-_") or otherwise
    key, number = stem, 1
    while key in taken:
        number += 1
        key = f"{stem[: LONGEST - len(str(number)) - 1]}-{number}"
    return key


def event_of_click(key: str) -> str:
    """The event that a click on a goal's element sends, when nobody named another."""
    name = key.replace("-", "_").replace(".", "_")
    return f"{name}_click" if name[:1].isalpha() else f"goal_{name}_click"


def readable(key: str) -> str:
    """A name made of a key: ``add-to-cart`` becomes ``Add to cart``."""
    return key.replace("-", " ").replace("_", " ").strip().capitalize()
