"""What a page loads: the script, small and cached, and the configuration, equal for all variants."""

import gzip
import re

import pytest
from django.utils import timezone

from experiments.api.client import PREVIEW, SCRIPT
from experiments.lifecycle import start
from experiments.snapshot import SNAPSHOT
from tests.factories import make_experiment, make_goal, make_key, make_project
from tests.wsgi import ask
from tracking.access import KEYRING


@pytest.fixture
def project(db):
    KEYRING.forget()
    SNAPSHOT.forget()
    yield make_project()
    KEYRING.forget()
    SNAPSHOT.forget()


def configuration_of(project, **headers):
    token = make_key(project, "client")[1]
    KEYRING.forget()
    SNAPSHOT.forget()
    return ask("GET", f"/v1/client/{token}.json", **headers)


def test_the_script_is_small():
    packed = ask("GET", "/v1/client.js", Accept_Encoding="gzip, br")

    assert packed.headers["Content-Encoding"] == "gzip"
    assert len(packed.body) <= 4300
    assert gzip.decompress(packed.body) == ask("GET", "/v1/client.js").body


def test_the_script_is_sent_without_comments_and_otherwise_as_it_was_written():
    lines = [line.strip() for line in SCRIPT.read_text().splitlines()]
    code = [line for line in lines if line and not line.startswith("//")]

    assert ask("GET", "/v1/client.js").body.decode().splitlines() == code


@pytest.mark.parametrize("script", [SCRIPT, PREVIEW])
def test_the_script_needs_no_browser_younger_than_2018_and_no_eval(script):
    younger = re.compile(r"\?\.\w|\?\?|catch \{|\.flat\(|\.at\(|replaceAll|\beval\b|new Function|#\w+;|\d_\d")

    assert not younger.search(script.read_text())


def test_the_part_for_previews_needs_no_key_and_is_cached():
    reply = ask("GET", "/v1/client/preview.js", Accept_Encoding="gzip")

    assert (reply.status, reply.headers["Content-Type"]) == (200, "text/javascript; charset=utf-8")
    assert b"End preview" in gzip.decompress(reply.body)
    assert (
        ask("GET", "/v1/client/preview.js", Accept_Encoding="gzip", If_None_Match=reply.headers["ETag"]).status == 304
    )


def test_a_browser_that_has_the_script_is_not_sent_it_again():
    tag = ask("GET", "/v1/client.js", Accept_Encoding="gzip").headers["ETag"]

    again = ask("GET", "/v1/client.js", Accept_Encoding="gzip", If_None_Match=tag)

    assert (again.status, again.body) == (304, b"")


def test_the_configuration_names_clicks_and_where_every_experiment_is_seen(project):
    make_goal(project, event="add_to_cart", selector="#buy")
    green, big = (
        {"key": key, "payload": {"selector": at, "text": key}} for key, at in (("green", "#buy"), ("big", ".cta"))
    )
    start(make_experiment(project, "hero", variants=["original", green, big]), at=timezone.now())
    start(make_experiment(project, "prices", kind="json"), at=timezone.now())
    start(make_experiment(project, "mail", kind="external"), at=timezone.now())

    reply = configuration_of(project)

    assert reply.json["clicks"] == [{"event": "add_to_cart", "selector": "#buy"}]
    assert reply.json["experiments"] == {"hero": {"selectors": ["#buy", ".cta"]}, "prices": {"selectors": None}}


def test_the_configuration_names_what_leads_to_another_page_and_not_where(project):
    variants = ["original", {"key": "new", "payload": {"url": "/new"}}]
    pages = [{"include": True, "kind": "simple", "pattern": "/"}]
    start(make_experiment(project, "hero", kind="redirect", variants=variants, pages=pages), at=timezone.now())

    assert configuration_of(project).json["experiments"] == {"hero": {"selectors": None, "redirect": True}}


def test_the_configuration_tells_nothing_of_weights_seeds_and_payloads(project):
    start(make_experiment(project, "hero"), at=timezone.now())

    body = configuration_of(project).body.decode()

    assert not re.search("seed|weight|coverage|Buy now|bounds", body)


def test_an_unknown_key_gets_no_configuration(project):
    assert ask("GET", "/v1/client/pk_unknown.json").status == 401
