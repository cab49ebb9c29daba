"""What a page loads: the script and its parts, small and cached, and the project's configuration."""

import base64
import gzip
import hashlib

import pytest
from django.utils import timezone

from experiments.api.client import DIST
from experiments.lifecycle import start
from experiments.snapshot import SNAPSHOT
from tests.factories import make_experiment, make_goal, make_key, make_project
from tests.wsgi import ask
from tracking.access import KEYRING

SCRIPTS = [("/v1/client.js", "client.js"), ("/v1/client/preview.js", "preview.js")]


@pytest.fixture
def project(db):
    KEYRING.forget()
    SNAPSHOT.forget()
    yield make_project(requires_consent=True, form_analytics=True)
    KEYRING.forget()
    SNAPSHOT.forget()


def configuration_of(project, **headers):
    token = make_key(project, "client")[1]
    KEYRING.forget()
    SNAPSHOT.forget()
    return ask("GET", f"/v1/client/{token}.json", **headers)


@pytest.mark.parametrize(("address", "name"), SCRIPTS)
def test_a_script_is_sent_as_it_was_built_and_gzipped_to_who_takes_it(address, name):
    built = (DIST / name).read_bytes()

    packed = ask("GET", address, Accept_Encoding="gzip, br")

    assert (packed.status, packed.headers["Content-Encoding"]) == (200, "gzip")
    assert gzip.decompress(packed.body) == ask("GET", address).body == built


def test_a_script_may_be_kept_for_five_minutes_and_loaded_by_any_page():
    headers = ask("GET", "/v1/client.js", Origin="https://shop.example").headers

    assert headers["Content-Type"] == "text/javascript; charset=utf-8"
    assert headers["Cache-Control"] == "public, max-age=300"
    assert headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert headers["Access-Control-Allow-Origin"] == "https://shop.example"


@pytest.mark.parametrize(("address", "_name"), SCRIPTS)
def test_a_browser_that_has_a_script_is_not_sent_it_again(address, _name):
    tag = ask("GET", address, Accept_Encoding="gzip").headers["ETag"]

    again = ask("GET", address, Accept_Encoding="gzip", If_None_Match=tag)

    assert (again.status, again.body) == (304, b"")


def test_every_built_script_is_served_with_the_digest_that_a_page_may_ask_for():
    digests = ask("GET", "/v1/client/integrity.json").json

    assert set(digests) == {path.name for path in DIST.glob("*.js")} >= {"client.js", "preview.js"}
    for name, digest in digests.items():
        body = ask("GET", f"/v1/client/{name}").body
        assert digest == f"sha384-{base64.b64encode(hashlib.sha384(body).digest()).decode()}"


@pytest.mark.parametrize("name", ["nothing.js", "..%2Fbuild.js", ".js", "main.ts.js"])
def test_nothing_else_is_a_script(name):
    assert ask("GET", f"/v1/client/{name}").status == 404


def test_the_configuration_may_be_kept_on_the_way_and_is_sent_only_when_it_has_changed(project):
    start(make_experiment(project, "hero"), at=timezone.now())

    reply = configuration_of(project, Accept_Encoding="gzip")
    again = configuration_of(project, If_None_Match=reply.headers["ETag"])

    assert reply.headers["Cache-Control"] == "public, max-age=10, stale-while-revalidate=50"
    assert b'"hero"' in gzip.decompress(reply.body)
    assert (again.status, again.body) == (304, b"")


def test_the_configuration_says_what_the_project_wishes_and_what_runs(project):
    make_goal(project, event="add_to_cart", selector="#buy")
    start(make_experiment(project, "hero"), at=timezone.now())
    start(make_experiment(project, "mail", kind="external"), at=timezone.now())

    told = configuration_of(project).json

    assert (told["config"], told["consent"], told["forms"], told["inventory"]) == (2, True, True, 1.0)
    assert list(told["experiments"]) == ["hero"]
    assert [(one["key"], one["kind"], one["params"]) for one in told["triggers"]] == [
        ("goal:add_to_cart:0", "click", {"selector": "#buy"})
    ]


def test_an_unknown_key_gets_no_configuration(project):
    assert ask("GET", "/v1/client/pk_unknown.json").status == 401


def test_a_secret_key_in_an_address_is_refused(project):
    token = make_key(project)[1]
    KEYRING.forget()

    assert ask("GET", f"/v1/client/{token}.json").status == 401
