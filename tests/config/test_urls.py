"""Addresses that people type."""


def test_the_bare_address_leads_to_the_admin(client):
    answer = client.get("/")

    assert (answer.status_code, answer.url) == (302, "/admin/")
