"""Countries, pure: where an IP address is registered, read from tables that came with the package."""

from iptocc import country_code

# What registries write for addresses of several countries.
NO_COUNTRIES = frozenset({"EU", "AP"})
# No address is longer; the longest is IPv6 with an IPv4 tail.
LONGEST = 45


def country_of(ip: str) -> str:
    """ISO 3166 alpha-2 in capitals, or empty for a private, unknown or illegal address. Keeps nothing of the address.

    The country of the registration: a network's address may be used elsewhere.
    """
    if len(ip) > LONGEST or not ip.isascii():
        return ""
    # An IPv4 visitor of a server that listens on IPv6.
    code = country_code(ip[7:] if ip[:7].lower() == "::ffff:" else ip)
    return "" if code is None or code in NO_COUNTRIES else code
