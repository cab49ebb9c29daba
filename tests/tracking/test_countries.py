"""Countries of IP addresses: networks of Google, Hetzner, Play, Kyiv's Polytechnic."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from iptocc import country_code

from tracking.countries import country_of

KNOWN = {
    "8.8.8.8": "US",
    "77.47.128.1": "UA",
    "46.4.0.1": "DE",
    "2a02:a300::1": "PL",
    "2001:4860:4860::8888": "US",
    "::ffff:77.47.128.1": "UA",
    "::FFFF:8.8.8.8": "US",
}
UNKNOWN = [
    *("", "x", "10.0.0.1", "192.168.1.1", "127.0.0.1", "100.64.0.1", "0.0.0.0", "255.255.255.255", "224.0.0.1"),
    *("::1", "fe80::1%eth0", "2001:db8::1", "8.8.8.8:80", "[2a02:a300::1]", "999.1.1.1", "٨.٨.٨.٨", "\ud800"),
    *("8.8.8.8\0", "1" * 100_000, "::ffff:10.0.0.1"),
]


@pytest.mark.parametrize("ip", KNOWN)
def test_an_address_has_the_country_of_its_registration(ip):
    assert country_of(ip) == KNOWN[ip]


@pytest.mark.parametrize("ip", UNKNOWN)
def test_private_and_illegal_addresses_have_none(ip):
    assert country_of(ip) == ""


@given(st.one_of(st.text(), st.ip_addresses().map(str)))
def test_every_text_has_two_capitals_or_nothing(text):
    country = country_of(text)

    assert country == "" or (len(country) == 2 and country.isascii() and country.isupper())


@pytest.mark.parametrize("ip", ["139.191.0.1", "145.218.0.1", "158.67.0.1"])
def test_an_address_registered_for_the_european_union_has_none(ip):
    assert country_code(ip) == "EU"

    assert country_of(ip) == ""
