"""Addresses of pages, pure: their parts as a browser's URL object names them. Any text is read; none raises."""

import re
from collections.abc import Mapping
from functools import lru_cache
from string import punctuation
from typing import NamedTuple
from urllib.parse import parse_qsl, quote

# Longer addresses are read up to here; the longest that a page is found by have some 2,000 characters.
LONGEST_READ = 4_096
# RFC 3986, appendix B.
PARTS = re.compile(r"(?:([a-zA-Z][a-zA-Z0-9+.-]*):)?(?://([^/?#]*))?([^?#]*)(\?[^#]*)?")
PLAIN = re.compile("[!-~]*")
OWN_PORTS = {"http": ":80", "https": ":443"}
UTM = {
    "utm_source": "utmSource",
    "utm_medium": "utmMedium",
    "utm_campaign": "utmCampaign",
    "utm_term": "utmTerm",
    "utm_content": "utmContent",
}


class Address(NamedTuple):
    """``host`` with a port that is not the usual one, empty in a relative address; ``query`` with its question mark."""

    host: str
    path: str
    query: str


def address_of(url: str) -> Address:
    return _address_of(url[:LONGEST_READ])


# Small, for its keys may be long: one page asks for several parts, and many visitors come to one page.
@lru_cache(maxsize=512)
def _address_of(url: str) -> Address:
    found = PARTS.match(url)
    if found is None:  # never: each part may be missing
        return Address("", "", "")
    scheme, authority, path, query = found.groups("")
    host = authority.rpartition("@")[2].lower()
    if host.endswith((":80", ":443")):
        host = host.removesuffix(OWN_PORTS.get(scheme.lower(), ""))
    path, query = _escaped(path or ("/" if host else "")), _escaped("" if query == "?" else query)
    return Address(host, path, query)


def _escaped(part: str) -> str:
    # A browser's own addresses are so already; those that a server or a person wrote are made equal to them.
    return quote(part, safe=punctuation, errors="replace") if part and not PLAIN.fullmatch(part) else part


@lru_cache(maxsize=512)
def campaign_of(query: str) -> Mapping[str, str]:
    """The campaign's tags in a query, by the names of their attributes. The first of several wins, as in browsers."""
    if "utm_" not in query:
        return {}
    found: dict[str, str] = {}
    for name, value in parse_qsl(query[1:], keep_blank_values=True):
        if name in UTM:
            found.setdefault(UTM[name], value)
    return found
