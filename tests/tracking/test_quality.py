"""Programs, pages fetched ahead, and one's own people are told from visitors."""

import pytest

from tracking.quality import mark_of

CHROME = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/138.0.0.0 Safari/537.36"
)
OFFICE = ["203.0.113.0/24"]


def marked(ip="198.51.100.1", internal=OFFICE, agent=CHROME, **headers):
    sent = {"User-Agent": agent} | {name.replace("_", "-"): value for name, value in headers.items()}
    return mark_of(lambda name: sent.get(name, ""), ip, internal)


def test_a_visitor_has_no_mark():
    assert marked() == ""
    assert marked(agent="") == ""


@pytest.mark.parametrize(
    "headers", [{"Sec_Purpose": "prefetch;prerender"}, {"Purpose": "prefetch"}, {"X_Moz": "prefetch"}]
)
def test_a_page_fetched_ahead_is_marked_as_a_programs(headers):
    assert marked(**headers) == "bot"


def test_a_program_is_a_program_also_in_the_office():
    assert marked(agent="Googlebot/2.1", ip="203.0.113.9") == "bot"


def test_the_office_is_internal_while_it_is_listed():
    assert marked(ip="203.0.113.9") == "internal"
    assert marked(ip="203.0.113.9", internal=[]) == ""
