"""Where a variant may send visitors, pure: addresses that every browser reads as we do, on hosts that are listed."""

import re
from collections.abc import Collection
from urllib.parse import urlsplit

LONGEST_ADDRESS = 2_000
# Browsers read "\\" as "/", and drop tabs and line breaks: with either, an address may lead elsewhere than it says.
ILLEGAL = re.compile(r"[\x00-\x20\x7f\\]")
HOST = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)*[a-z0-9](?:[a-z0-9-]*[a-z0-9])?")


def host_of(address: str) -> str | None:
    """The host (with its port, if any) that a whole http or https address leads to; None for any other text.

    Names must be written in ASCII (``xn--…``): look-alike letters would pass for a listed host.
    """
    if len(address) > LONGEST_ADDRESS or ILLEGAL.search(address):
        return None
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError:
        return None
    name = (parts.hostname or "").rstrip(".")
    if parts.scheme not in {"http", "https"} or "@" in parts.netloc or not HOST.fullmatch(name):
        return None
    return name if port is None else f"{name}:{port}"


def is_path(address: str) -> bool:
    """A page of the same site: ``/new``, but not ``//elsewhere``, which browsers take for another host."""
    fits = len(address) <= LONGEST_ADDRESS and not ILLEGAL.search(address)
    return fits and address.startswith("/") and not address.startswith("//")


def is_address(address: str) -> bool:
    return is_path(address) or host_of(address) is not None


def is_allowed(address: str, hosts: Collection[str]) -> bool:
    """Whether a redirect may lead there: a page of the same site, or one on a listed host (without port: any port)."""
    if is_path(address):
        return True
    host = host_of(address)
    return host is not None and (host in hosts or host.partition(":")[0] in hosts)
