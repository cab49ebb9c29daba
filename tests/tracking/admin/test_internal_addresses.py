"""Addresses of one's own people, one a line."""

import pytest
from django.urls import reverse


def save(admin, project, addresses):
    address = reverse("admin:tracking_project_change", args=[project.pk])
    form = {"name": "Shop", "timezone": "UTC", "currency": "EUR", "requires_consent": "False"}
    return admin.post(address, {**form, "internal_addresses": addresses})


def test_addresses_and_ranges_are_kept_as_they_are_usually_written(admin, project):
    save(admin, project, " 203.0.113.7\n\n198.51.100.9/24\n2001:DB8:0::/48\n203.0.113.7/32\n")

    project.refresh_from_db()
    assert project.internal_addresses == ["203.0.113.7", "198.51.100.0/24", "2001:db8::/48"]


def test_what_was_saved_is_shown_again_one_a_line(admin, project):
    save(admin, project, "203.0.113.7\n198.51.100.0/24")

    shown = admin.get(reverse("admin:tracking_project_change", args=[project.pk])).content.decode()

    assert "203.0.113.7\n198.51.100.0/24</textarea>" in shown


@pytest.mark.parametrize("address", ["office", "203.0.113", "0.0.0.0/0", "203.0.113.1-9", "shop.example"])
def test_what_is_no_address_or_would_leave_out_everybody_is_refused(admin, project, address):
    answer = save(admin, project, address)

    (told,) = answer.context["adminform"].form.errors["internal_addresses"]
    assert "is neither an address" in told
    project.refresh_from_db()
    assert project.internal_addresses == []
