"""Addresses of one's own offices and tools, pure: what comes from there is not counted. None is stored."""

from collections.abc import Sequence
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

Network = IPv4Network | IPv6Network
MOST_NETWORKS = 200
# An office has a few thousand addresses at most; a wider one would silently leave out visitors.
WIDEST_V4, WIDEST_V6 = 8, 16


def network_of(text: str) -> Network:
    """One address, or a range such as 203.0.113.0/24. Raises ``ValueError`` for what is neither, or far too wide."""
    network = ip_network(text.strip(), strict=False)
    if network.prefixlen < (WIDEST_V4 if network.version == 4 else WIDEST_V6):
        raise ValueError(f"{network} is too wide")
    return network


@lru_cache(maxsize=1024)
def networks_of(texts: tuple[str, ...]) -> tuple[Network, ...]:
    """What was validated when it was saved; what cannot be read all the same matches nobody."""
    found = []
    for text in texts:
        try:
            found.append(network_of(text))
        except ValueError:
            continue
    return tuple(found)


def is_internal(ip: str, networks: Sequence[str]) -> bool:
    """Whether the address is in one of these; an IPv4 address within an IPv6 one is taken for itself."""
    if not networks or not ip:
        return False
    try:
        address = ip_address(ip.strip().strip("[]").partition("%")[0])
    except ValueError:
        return False
    if isinstance(address, IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    return any(address in network for network in networks_of(tuple(networks)) if network.version == address.version)
