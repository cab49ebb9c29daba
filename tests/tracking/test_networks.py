"""What comes from one's own offices is told from what visitors do."""

import pytest

from tracking.networks import is_internal, network_of

OFFICE = ["203.0.113.0/24", "2001:db8:1::/48", "198.51.100.7"]


@pytest.mark.parametrize(
    "ip", ["203.0.113.0", "203.0.113.255", "198.51.100.7", "2001:db8:1::42", "::ffff:203.0.113.9", "[2001:db8:1::1]"]
)
def test_an_address_of_the_office_is_internal(ip):
    assert is_internal(ip, OFFICE)


@pytest.mark.parametrize("ip", ["203.0.114.0", "198.51.100.8", "2001:db8:2::1", "", "unknown", "203.0.113", "0"])
def test_any_other_is_not(ip):
    assert not is_internal(ip, OFFICE)


def test_without_offices_nobody_is_internal():
    assert not is_internal("203.0.113.1", [])


def test_a_range_written_from_one_of_its_addresses_is_that_range():
    assert str(network_of(" 203.0.113.7/24 ")) == "203.0.113.0/24"


@pytest.mark.parametrize("text", ["", "office", "203.0.113.0/33", "0.0.0.0/0", "::/0", "10.0.0.0/4", "1.2.3.4-9"])
def test_what_is_no_range_or_would_leave_out_everybody_is_refused(text):
    with pytest.raises(ValueError, match=r"\S"):
        network_of(text)


def test_what_cannot_be_read_all_the_same_matches_nobody():
    assert not is_internal("203.0.113.1", ["nonsense"])
