"""What must never be stored, taken out of an event, pure: e-mail addresses, secrets in addresses, IP addresses, traits.

Runs on every event, so the plain ones are only looked at, and everything here takes time in line with the length.
"""

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import msgspec
from msgspec.structs import replace

from tracking.wire.incoming import Incoming, IncomingEvent

EMAIL, REMOVED = "[email]", "[removed]"
DEEPEST = 20
NESTED = (dict, list)

# An at sign as it comes in texts, in addresses (also of addresses within addresses), and in JSON within a text.
AT = re.compile(r"(@|＠|%(?:25)*40|(?<!\\)\\++u0040)")
# Read from its end. Not the signs that part the arguments of an address, which some mail servers would allow.
LOCAL_REVERSED = re.compile(r"[\w.+%'!$*^~-]++")
# The last label begins with a letter: "react@18.2.0" is no address.
DOMAIN = re.compile(r"[\w-]++(?:(?:\.|%2[Ee])[\w-]++)*(?:\.|%2[Ee])[^\W\d_][\w-]*+")
# A picture for sharp screens, such as logo@2x.png.
PICTURE = re.compile(r"\dx\.(?:png|jpe?g|webp|gif|svg|avif)\b", re.IGNORECASE)
# Name and password before a host.
CREDENTIALS = re.compile(r"(?<=://)[^/?#\s@]++@")
# The name of an argument of an address and its sign, plain or as it is in an address within an address; and its value:
# anything up to the next argument.
ARGUMENT = re.compile(r"(?<![\w.\[\]-])([\w.\[\]-]++)(=|%(?:25)*3[Dd])")
VALUE = re.compile(r"[\"']?[^&#;\s\"'<>]*+")
INNER_VALUE = re.compile(r"[\"']?(?:(?!%(?:25)*26)[^&#;\s\"'<>])*+")
ESCAPED_SIGN = re.compile(r"(?:25)*[0-9A-Fa-f]{2}")
WORDS = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")
# A name with one of these words, or with a word that ends like one of the longer ones, holds a secret.
SECRET_WORDS = frozenset(
    {"token", "secret", "password", "passwd", "passphrase", "pwd", "session", "sid", "auth", "authorization", "sig"}
    | {"signature", "jwt", "otp", "totp", "credential", "credentials", "apikey", "sessionid", "sessid"}
)
SECRET_ENDS = ("token", "secret", "password", "passwd", "signature", "sessionid", "sessid", "apikey", "jwt")
# Alone they hold one; within a longer name they mostly mean something harmless, such as promo_code.
SECRET_NAMES = frozenset({"key", "code", "pass"})
SECRET_PAIRS = frozenset({"api", "access", "private", "secret", "auth", "login", "reset", "verification", "license"})
# Every name that holds a secret has one of these in it; an address without them is done with at once.
STEMS = ("tok", "secr", "pass", "pwd", "sess", "sid", "auth", "sig", "jwt", "otp", "cred", "key", "code")
LONGEST_ARGUMENT = 100
# A header and a body in base64, as every JSON Web Token has: both begin as '{"' does.
TOKEN = re.compile(r"[\w.-]++")
# A secret key of our own.
OWN_SECRET, OWN_KEY = "sk_", re.compile(r"\bsk_[\w-]{6,}")
JWT_BEGINS, SHORTEST_HEADER, SHORTEST_BODY = "eyJ", 10, 7


def _spellings(*words: str) -> frozenset[str]:
    """Of names in snake_case, the ways in which senders write them: ``user_ip``, ``USER_IP``, ``userIp``…"""
    found = set()
    for word in words:
        first, *rest = word.split("_")
        for tail in ([part.capitalize() for part in rest], [part.upper() for part in rest]):
            joined = "".join(tail)
            found |= {first + joined, first.capitalize() + joined, first.upper() + joined}
        found |= {word.replace("_", sign) for sign in ("_", "-", "")}
        found |= {word.upper(), "-".join(part.capitalize() for part in (first, *rest)), word.title()}
    return frozenset(found)


# Whatever is called so in an event is left out, however deep it is.
IP_NAMES = frozenset({"$ip"}) | _spellings(
    *("ip", "ip_address", "ip_override", "client_ip", "user_ip", "visitor_ip", "remote_ip", "remote_addr"),
    *("remote_address", "x_forwarded_for", "x_real_ip", "cf_connecting_ip"),
)
# No page may send these, and no server needs to: their values go, whatever they are.
FIELD_NAMES = _spellings(
    *("password", "passwd", "passphrase", "user_password", "new_password", "old_password", "secret", "client_secret"),
    *("authorization", "cookie", "cookies", "access_token", "refresh_token", "id_token", "token", "auth_token"),
    *("session_token", "csrf_token", "jwt", "api_key", "card_number", "cvc", "cvv"),
)
# Of the context: what others send of the browser and the person, of which we keep our own few attributes.
CONTEXT_NAMES = frozenset({
    "userAgent", "user_agent", "user-agent", "User-Agent", "userAgentData", "user_agent_data", "traits", "headers",
})  # fmt: skip
UNWANTED = IP_NAMES | FIELD_NAMES
# For the first look at a whole event, in JSON as msgspec writes it, which escapes no letters. What is escaped in an
# address, or in JSON within a text, is worth the second look.
SIGNS = (b"@", b"%", JWT_BEGINS.encode(), OWN_SECRET.encode(), "＠".encode(), b"u0040")
STEM_BYTES = tuple(stem.encode() for stem in STEMS)


def scrubbed(event: IncomingEvent) -> IncomingEvent:
    """The event without what must not be stored; the same object when there is nothing to take out."""
    return _with(event, clean(event.properties), clean_context(event.context))


def scrubbed_batch(batch: Sequence[Incoming]) -> list[Incoming]:
    """The same of all. A context that several events share, as those of one page do, is looked at once."""
    contexts: dict[int, Mapping[str, Any]] = {}

    def step(event: IncomingEvent) -> IncomingEvent:
        place = id(event.context)
        if place not in contexts:
            contexts[place] = clean_context(event.context)
        return _with(event, clean(event.properties), contexts[place])

    return [step(one) if isinstance(one, IncomingEvent) else one for one in batch]


def _with(event: IncomingEvent, properties: Mapping[str, Any], context: Mapping[str, Any]) -> IncomingEvent:
    name = scrubbed_text(event.name) if _suspicious(event.name) else event.name
    if properties is event.properties and context is event.context and name == event.name:
        return event
    return replace(event, name=name, properties=properties, context=context)


def clean_context(context: Mapping[str, Any]) -> Mapping[str, Any]:
    if not CONTEXT_NAMES.isdisjoint(context):
        context = {name: value for name, value in context.items() if name not in CONTEXT_NAMES}
    return clean(context)


def clean(content: Mapping[str, Any]) -> Mapping[str, Any]:
    return content if is_plainly_clean(content) else cleaned(content)


def cleaned(content: Mapping[str, Any]) -> Mapping[str, Any]:
    """With a look at every name and text; the same object when there is nothing to take out."""
    return _scrubbed_object(content, DEEPEST)


def is_plainly_clean(content: Mapping[str, Any]) -> bool:
    """Whether nothing in it can be unwanted, as in most events.

    One look at the names and a few searches in the whole of it; a look at each text takes five times as long.
    """
    if not _is_named_harmlessly(content, DEEPEST):
        return False
    try:
        text = msgspec.json.encode(content)
    except (OverflowError, UnicodeError):  # what was refused may hold anything
        return False
    for sign in SIGNS:
        if sign in text:
            return False
    return b"=" not in text or not any(map(_may_end_in_secret, text.split(b"=")[:-1]))


def _is_named_harmlessly(content: Mapping[str, Any], depth: int) -> bool:
    if depth == 0 or not UNWANTED.isdisjoint(content):
        return False
    for value in content.values():
        if isinstance(value, NESTED):
            inner = value if isinstance(value, list) else (value,)
            for each in inner:
                if isinstance(each, NESTED) and not (isinstance(each, dict) and _is_named_harmlessly(each, depth - 1)):
                    return False
    return True


def _may_end_in_secret(before: bytes) -> bool:
    """``before``: what stands before a sign of equality, at its end the name of an argument."""
    name = before[-LONGEST_ARGUMENT:].lower()
    return any(stem in name for stem in STEM_BYTES)


def scrubbed_text(text: str) -> str:
    """The text with ``[email]`` for every e-mail address and ``[removed]`` for every secret in an address."""
    found = text
    if OWN_SECRET in found:
        found = OWN_KEY.sub(REMOVED, found)
    if JWT_BEGINS in found:
        found = TOKEN.sub(_without_jwt, found)
    if "://" in found and "@" in found:
        found = CREDENTIALS.sub(f"{REMOVED}@", found)
    found = _without_emails(found)
    # Last, for a secret may have an at sign in it, and then goes whole.
    if ("=" in found or "%" in found) and any(map(found.lower().__contains__, STEMS)):
        found = _without_secrets(found)
    return found


def _scrubbed_object(content: Mapping[str, Any], depth: int) -> Mapping[str, Any]:
    if not UNWANTED.isdisjoint(content):
        content = {
            name: REMOVED if name in FIELD_NAMES and not _is_count(value) else value
            for name, value in content.items()
            if name not in IP_NAMES
        }
    # One look at all names and texts together: a look at each of them would be most of the time.
    if _suspicious("\0".join([*content, *[value for value in content.values() if isinstance(value, str)]])):
        found = {_scrubbed_text(name): _scrubbed_text(value) for name, value in content.items()}
        content = content if found == content else found
    changed = {
        name: inner
        for name, value in content.items()
        if isinstance(value, NESTED) and (inner := _inner(value, depth)) is not value
    }
    return {**content, **changed} if changed else content


def _is_count(value: Any) -> bool:
    """So many fields of this kind, or whether there is one."""
    return isinstance(value, int) and abs(value) < 100


def _scrubbed_text(value: Any) -> Any:
    return scrubbed_text(value) if isinstance(value, str) and _suspicious(value) else value


def _scrubbed_value(value: Any, depth: int) -> Any:
    if isinstance(value, str):
        kept = scrubbed_text(value)
        return value if kept == value else kept
    return _inner(value, depth) if isinstance(value, NESTED) else value


def _inner(value: dict[str, Any] | list[Any], depth: int) -> Any:
    if depth <= 1:  # deeper than events may be: it cannot have come through a parser of ours
        return REMOVED
    if isinstance(value, dict):
        return _scrubbed_object(value, depth - 1)
    inner = [_scrubbed_value(each, depth - 1) for each in value]
    return value if all(new is old for new, old in zip(inner, value, strict=True)) else inner


def _suspicious(text: str) -> bool:
    """Whether it is worth a second look. A search for one sign costs less than any pattern."""
    plain = "@" in text or "=" in text or "%" in text or "＠" in text
    return plain or JWT_BEGINS in text or OWN_SECRET in text or "u0040" in text


def _without_emails(text: str) -> str:
    parts = AT.split(text)
    if len(parts) == 1:
        return text
    kept = [parts[0]]
    for sign, behind in zip(parts[1::2], parts[2::2], strict=True):
        local = LOCAL_REVERSED.match(kept[-1][::-1])
        domain = DOMAIN.match(behind)
        if local is None or domain is None or PICTURE.match(behind):
            kept += [sign, behind]
        else:
            kept[-1] = kept[-1][: len(kept[-1]) - local.end()]
            kept += [EMAIL, behind[domain.end() :]]
    return "".join(kept)


def _without_secrets(text: str) -> str:
    kept, read = [], 0
    for found in ARGUMENT.finditer(text):
        if found.start() < read or not _names_secret(found):
            continue
        value = (VALUE if found[2] == "=" else INNER_VALUE).match(text, found.end())
        if value and value[0].strip("\"'"):
            kept += [text[read : found.end()], REMOVED]
            read = value.end()
    return "".join([*kept, text[read:]]) if kept else text


def _names_secret(found: re.Match[str]) -> bool:
    name = found[1]
    if len(name) > LONGEST_ARGUMENT:
        return is_secret(name[-LONGEST_ARGUMENT:])
    if found.start() and found.string[found.start() - 1] == "%":
        name = ESCAPED_SIGN.sub("", name, count=1)
    return is_secret(name)


@lru_cache(maxsize=1024)
def is_secret(name: str) -> bool:
    """Whether an argument of this name holds what opens something: ``reset_token``, ``PHPSESSID``, ``apiKey``."""
    words = [word.lower() for word in WORDS.findall(name)]
    if any(word in SECRET_WORDS or word.endswith(SECRET_ENDS) for word in words):
        return True
    return bool(words) and words[-1] in SECRET_NAMES and (len(words) == 1 or words[-2] in SECRET_PAIRS)


def _without_jwt(found: re.Match[str]) -> str:
    parts = found[0].split(".")
    for place, part in enumerate(parts[:-2]):
        at = part.find(JWT_BEGINS)
        if 0 <= at <= len(part) - SHORTEST_HEADER and len(parts[place + 1]) >= SHORTEST_BODY:
            return ".".join([*parts[:place], part[:at] + REMOVED])
    return found[0]
