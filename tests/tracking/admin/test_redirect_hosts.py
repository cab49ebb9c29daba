"""Hosts that redirects may lead to, one a line."""

import pytest
from django.urls import reverse

from experiments.redirects import is_allowed


def save(admin, project, hosts):
    address = reverse("admin:tracking_project_change", args=[project.pk])
    form = {"name": "Shop", "timezone": "UTC", "currency": "EUR", "requires_consent": "False"}
    return admin.post(address, {**form, "redirect_hosts": hosts})


def test_hosts_are_typed_one_a_line_and_copied_addresses_are_understood(admin, project):
    save(admin, project, "www.shop.example\n\nhttps://New.Shop.example/pricing?x=1\nlocalhost:3000\n")

    project.refresh_from_db()
    assert project.redirect_hosts == ["www.shop.example", "new.shop.example", "localhost:3000"]
    assert is_allowed("https://new.shop.example/x", project.redirect_hosts)


@pytest.mark.parametrize("host", ["*.shop.example", "shop example", "/pricing", "shöp.example", "a" * 254, "a@b"])
def test_what_is_no_host_is_refused(admin, project, host):
    answer = save(admin, project, host)

    assert "is not the name of a host" in answer.context["adminform"].form.errors["redirect_hosts"][0]
    project.refresh_from_db()
    assert project.redirect_hosts == []


def test_the_form_says_that_what_runs_goes_on_leading_to_a_host_that_is_taken_out(admin, project):
    shown = admin.get(reverse("admin:tracking_project_change", args=[project.pk])).content.decode()

    assert "what runs already keeps leading there until it is stopped or shipped anew" in shown
