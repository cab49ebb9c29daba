"""Every hot route × every kind of key × every method, and what pages of others may do there."""

import base64

import pytest
from django.utils import timezone

from config.front import DOORS
from experiments.api.client import get_script
from experiments.snapshot import SNAPSHOT
from tests.factories import make_key, make_project
from tests.wsgi import ask
from tracking.access import KEYRING

pytestmark = pytest.mark.django_db
ORIGIN = "https://shop.example"
METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"]
# How each route is given its key: by ``Bearer``, in the address, as a query argument, by ``Basic`` or not at all.
SEGMENT = (
    *(f"/v1/{name}" for name in ("track", "page", "screen", "identify", "alias", "group", "batch", "import")),
    *(f"/v1/{name}" for name in "tpsiagb"),
    "/beacon/v1/batch",
)
BEARER = (
    *("/v1/events", "/v1/assign", "/v1/debug", "/v1/inventory"),
    *("/ofrep/v1/evaluate/flags", "/ofrep/v1/evaluate/flags/"),
)
GIVEN: dict[str, str] = {
    **dict.fromkeys(BEARER, "bearer"),
    **dict.fromkeys(SEGMENT, "basic"),
    **dict.fromkeys(["/v1/client/", "/api/features/", "/api/eval/"], "tail"),
    "/v1/projects/*/settings": "middle",
    "/sourceConfig/": "?writeKey=",
    "/track": "?client_key=",
    "/mp/collect": "?api_secret=",
    "/debug/mp/collect": "?api_secret=",
    **dict.fromkeys(["/v1/client.js", "/livez", "/readyz", "/metrics"], "open"),
}
# Read by pages of anybody, as all hot routes are; those that tell of the installation itself are read by none.
PRIVATE = {"/readyz", "/metrics"}
KEYED = sorted(path for path, given in GIVEN.items() if given != "open" and path in DOORS)
# The addresses of their formats carry what everybody can read.
PUBLIC_ADDRESS = {path for path in KEYED if GIVEN[path] in {"tail", "middle"} or path in {"/sourceConfig/", "/track"}}
BODY = {
    "events": [],
    "visitor_id": "ann",
    "context": {"targetingKey": "ann"},
    "userId": "ann",
    "event": "x",
    "batch": [],
}


@pytest.fixture
def keys():
    """By name, two projects' keys."""
    KEYRING.forget()
    SNAPSHOT.forget()
    shop, other, now = make_project(), make_project(), timezone.now()
    yield {
        "client": make_key(shop, "client")[1],
        "other client": make_key(other, "client")[1],
        "secret": make_key(shop, "secret", scopes=["import"])[1],
        "revoked": make_key(shop, "client", revoked_at=now)[1],
        "expired": make_key(shop, "client", expires_at=now)[1],
        "revoked secret": make_key(shop, "secret", revoked_at=now)[1],
        "foreign": make_key(shop, "client", origins=["https://elsewhere.example"])[1],
        "full": make_key(shop, "client", requests_a_minute=1)[1],
        "unknown": "pk_unknown",
        "none": "",
    }
    KEYRING.forget()
    SNAPSHOT.forget()


def asked(path, token, method="", **headers):
    given, body = GIVEN[path], BODY
    address = path
    if given == "tail":
        address = f"{path}{token}"
    elif given == "middle":
        address = path.replace("*", token)
    elif given.startswith("?"):
        address = f"{path}{given}{token}"
    elif path.endswith("flags/"):
        address = f"{path}hero"
    if given == "basic" and token:
        headers["Authorization"] = "Basic " + base64.b64encode(f"{token}:".encode()).decode()
    return ask(method or DOORS[path][0], address, body, key=token if given == "bearer" else "", **headers)


def test_every_door_has_a_policy():
    assert set(DOORS) <= set(GIVEN)
    assert DOORS["/v1/client.js"] == ("GET", get_script)


@pytest.mark.parametrize("path", KEYED)
def test_a_valid_key_comes_in_whatever_its_project(keys, path):
    for name in ("client", "other client"):
        # 400 and 404: it was let in and asked for nothing that is there.
        assert asked(path, keys[name]).status in {200, 204, 400, 404}, name


@pytest.mark.parametrize("path", KEYED)
@pytest.mark.parametrize("name", ["revoked", "expired", "revoked secret", "unknown"])
def test_a_key_that_is_not_valid_is_refused_everywhere(keys, path, name):
    reply = asked(path, keys[name])

    assert reply.status == 401, reply.body
    assert reply.headers["Content-Type"] == "application/json"


@pytest.mark.parametrize("path", [path for path in KEYED if GIVEN[path] != "middle"])
def test_without_a_key_nobody_comes_in(keys, path):
    # An address that ends where the key should be is nobody's.
    assert asked(path, "").status in ({401} if GIVEN[path] != "tail" else {200, 401, 404})


@pytest.mark.parametrize("path", sorted(PUBLIC_ADDRESS))
def test_a_secret_key_in_an_address_is_refused(keys, path):
    assert asked(path, keys["secret"]).status == 401


@pytest.mark.parametrize("path", KEYED)
def test_a_client_key_of_other_web_addresses_is_refused(keys, path):
    assert asked(path, keys["foreign"], Origin=ORIGIN).status == 403
    assert asked(path, keys["foreign"], Origin="https://elsewhere.example").status in {200, 204, 400, 404}


@pytest.mark.parametrize("path", KEYED)
def test_a_key_beyond_its_limit_is_told_to_wait(keys, path):
    asked(path, keys["full"])

    reply = asked(path, keys["full"])

    assert (reply.status, reply.headers["Retry-After"]) == (429, "60")


@pytest.mark.parametrize("path", sorted(DOORS))
def test_only_its_own_method_is_answered(keys, path):
    own = DOORS[path][0]
    for method in METHODS:
        reply = asked(path, keys["client"], method)
        allowed = {own, "OPTIONS"} | ({"HEAD"} if own == "GET" else set())
        if method not in allowed:
            assert (reply.status, reply.headers["Allow"]) == (405, f"{own}, OPTIONS"), method
        elif method == "HEAD":
            assert reply.body == b""


@pytest.mark.parametrize("path", sorted(set(DOORS) - PRIVATE))
def test_a_preflight_allows_what_pages_need_and_no_cookies(keys, path):
    reply = asked(path, "pk_any", "OPTIONS", Origin=ORIGIN, Access_Control_Request_Method="POST")

    assert (reply.status, reply.body) == (204, b"")
    assert reply.headers["Access-Control-Allow-Origin"] == ORIGIN
    assert reply.headers["Access-Control-Allow-Methods"] == "GET, POST, OPTIONS"
    assert int(reply.headers["Access-Control-Max-Age"]) <= 7_200
    assert "Access-Control-Allow-Credentials" not in reply.headers
    assert "Origin" in reply.headers["Vary"]


@pytest.mark.parametrize("path", sorted(set(DOORS) - PRIVATE))
def test_no_answer_allows_cookies_or_a_page_without_an_origin(keys, path):
    mine = asked(path, keys["client"], Origin=ORIGIN)
    nobodys = asked(path, keys["client"], Origin="null")

    assert mine.headers["Access-Control-Allow-Origin"] in {ORIGIN, "*"}
    assert "Access-Control-Allow-Credentials" not in mine.headers
    assert "Access-Control-Allow-Origin" not in nobodys.headers


@pytest.mark.parametrize("path", sorted(PRIVATE & set(DOORS)))
@pytest.mark.parametrize("method", ["GET", "OPTIONS", "POST"])
def test_what_tells_of_the_installation_is_no_business_of_pages(keys, path, method):
    reply = ask(method, path, Origin=ORIGIN, Access_Control_Request_Method="GET")

    assert not [name for name in reply.headers if name.startswith("Access-Control-")]


@pytest.mark.parametrize("address", ["/admin/", "/admin/login/", "/api/v1/project/", "/api/v1/experiments/x/results/"])
def test_results_and_the_admin_carry_no_word_for_pages_of_others(client, address):
    for answer in (
        client.get(address, headers={"Origin": ORIGIN}),
        client.options(address, headers={"Origin": ORIGIN}),
    ):
        assert not [name for name in answer.headers if name.lower().startswith("access-control-")]


@pytest.mark.parametrize("path", ["/v1/events", "/v1/assign", "/v1/batch", "/mp/collect"])
def test_a_beacon_needs_no_preflight(keys, path):
    """Its body is text/plain and it sets no header; the key is in the address."""
    argument = "writeKey" if path == "/v1/batch" else "api_secret" if path == "/mp/collect" else "key"

    reply = ask("POST", f"{path}?{argument}={keys['client']}", BODY, Content_Type="text/plain", Origin=ORIGIN)

    assert reply.status in {200, 204}, reply.body
