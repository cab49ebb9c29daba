"""After everything that an installation does, nothing that must not be kept is anywhere in it.

Words that occur nowhere else are sent as e-mail addresses, IP addresses, secrets and form values, in every format and
in every place where they are seen in life. Then all that there is gets searched.
"""

import base64
import http.client
import http.cookiejar
import json
import re
import secrets
import urllib.error
import urllib.parse
import urllib.request
from datetime import UTC, datetime, timedelta
from urllib.parse import quote, urlsplit

import pytest

from config import places
from tests.flow.leaks import anywhere, valkey
from tests.house import running_house
from tests.http import Caller, eventually

pytestmark = pytest.mark.timeout(300)

# From where the requests come; a gateway of ours, as the house is told, has seen the others.
NEAR, V4, V6 = "127.77.88.99", "203.0.113.177", "2001:db8:dead:beef::177"
WORD, SECRET, TYPED = "zq7f3e9cz", "zs5k8w2hz", "zt4m6p1vz"
EMAIL = f"{WORD}.ann@mail-{WORD}.example"
TOKEN = f"sk_{SECRET}_{SECRET}_{SECRET}"
JWT = f"eyJhbGciOiJIUzI1NiJ9.{base64.urlsafe_b64encode(json.dumps({'s': SECRET * 3}).encode()).decode()}.{SECRET}"
URL = (
    f"https://user:{SECRET}@shop.example/reset?email={quote(EMAIL)}&reset_token={SECRET}&password={SECRET}"
    f"&next=%2Fa%3Fto%3D{quote(quote(EMAIL))}%26access_token%3D{SECRET}#session={SECRET}"
)
CANARIES = (WORD, SECRET, TYPED, NEAR, V4, V6, "2001:0db8:dead:beef", "20010db8deadbeef", "cb0071b1")
# What people send though they should not; nobody's goal needs it.
PROPERTIES = {
    "value": 12.5,
    "note": f"please write to {EMAIL} or <{EMAIL.upper()}>",
    "page": URL,
    "email": EMAIL,
    EMAIL: 1,
    "list": [EMAIL, {"deep": [f"mailto:{EMAIL}", JWT]}],
    "json": json.dumps({"mail": EMAIL}) + json.dumps({"mail": EMAIL}).replace("@", "\\u0040"),
    "password": TYPED,
    "fields": {"password": TYPED, "card_number": TYPED, "cvc": TYPED, "ip": V4},
    "authorization": f"Bearer {TOKEN}",
    "token_of": f"https://api.example/?api_key={SECRET}&jwt={JWT}",
    "client_ip": V4,
    "ip_address": V6,
}
TRAITS = {"email": EMAIL, "name": WORD, "phone": TYPED, "address": {"street": WORD}, "password": TYPED}
PAGE = {"url": URL, "referrer": URL, "title": f"Inbox of {EMAIL}", "search": urlsplit(URL).query, "path": "/reset"}
CONTEXT = {
    "ip": V4,
    "url": URL,
    "referrer": URL,
    "title": f"Inbox of {EMAIL}",
    "page": PAGE,
    "traits": TRAITS,
    "userAgent": f"Mozilla/5.0 {WORD}",
    "headers": {"X-Forwarded-For": V6, "Cookie": SECRET},
    "session_id": "session-1",
    "attributes": {"email": EMAIL, "ip": V4, "url": URL, "referrer": URL, "utmSource": EMAIL, "utmTerm": TOKEN},
    "campaign": {"source": EMAIL, "name": f"for {EMAIL}", "content": URL},
    "device": {"ip": V6},
}
HEADERS = {
    "X-Forwarded-For": f"{V6}, {V4}",
    "Origin": "https://shop.example",
    "Referer": URL,
    "User-Agent": f"Mozilla/5.0 (X11; Linux) Chrome/140 {WORD}",
    "Cookie": f"sessionid={SECRET}; email={quote(EMAIL)}",
    "Content-Type": "application/json",
}
REJECTED = [
    {"visitor_id": "null"},
    {"name": f"{EMAIL} " * 5},
    {"id": "x" * 300},
    {"occurred_at": "2019-01-01T00:00:00Z"},
    {"occurred_at": f"at {EMAIL}"},
    {"properties": {f"p{n}": EMAIL for n in range(120)}},
    {"properties": {"long": EMAIL * 900}},
    {"properties": EMAIL},
    {"user_id": {"email": EMAIL, "token": SECRET}},
    {"context": [URL, TOKEN]},
]


class Stranger:
    """Sends what nobody should, from an address of its own."""

    def __init__(self, house, keys):
        self.host, self.port = urlsplit(house.base_url).netloc.split(":")
        self.keys = keys

    def send(self, method, path, body=None, **headers):
        connection = http.client.HTTPConnection(self.host, int(self.port), timeout=30, source_address=(NEAR, 0))
        raw = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        told = {**HEADERS, **headers}
        if self.keys["secret"] in (path + str(told)) or "Basic" in str(told):
            del told["Origin"]  # a server has none, and a page may not have this key
        connection.request(method, path, raw, told)
        answer = connection.getresponse()
        content = answer.read()
        connection.close()
        assert answer.status < 500, (path, content)
        assert answer.getheader("Set-Cookie") is None
        return answer.status, content

    def ok(self, method, path, body=None, **headers):
        status, content = self.send(method, path, body, **headers)
        assert status in {200, 201, 204}, (path, status, content)
        return json.loads(content) if content else None

    def bearer(self, kind="client"):
        return {"Authorization": f"Bearer {self.keys[kind]}"}


def native(number, **more):
    event = {"id": f"n-{number}", "name": "purchase", "visitor_id": f"visitor-{number}", "user_id": "user-1"}
    return {**event, "properties": PROPERTIES, "context": CONTEXT, **more}


def segment(number, kind="track"):
    message = {"type": kind, "messageId": f"s-{number}-{kind}", "anonymousId": f"visitor-{number}", "userId": "user-1"}
    told = {"event": "purchase", "properties": {**PROPERTIES, **PAGE}, "traits": TRAITS, "context": CONTEXT}
    return {**message, **told, "previousId": "visitor-0", "groupId": "group-1", "name": f"Inbox of {EMAIL}"}


def growthbook(number, name="purchase"):
    event = {"event_name": name, "device_id": f"visitor-{number}", "user_id": "user-1", "url": URL}
    told = {"properties_json": PROPERTIES, "context_json": {**CONTEXT, **TRAITS}, "page_title": f"Inbox of {EMAIL}"}
    return {**event, **told, "utm_source": EMAIL, "utm_campaign": URL, "ip": V4, "user_agent": WORD}


def ga4(number):
    user = {name: {"value": value} for name, value in TRAITS.items()}
    params = {**PROPERTIES, "page_location": URL, "page_referrer": URL, "page_title": f"Inbox of {EMAIL}"}
    content = {"client_id": f"visitor-{number}", "user_id": "user-1", "user_properties": user, "ip_override": V4}
    more = {"user_data": {"sha256_email_address": WORD, "email_address": EMAIL}, "device": {"ip": V4}}
    return {**content, **more, "events": [{"name": "purchase", "params": params}]}


def send_events(stranger):
    key = stranger.keys["client"]
    events = [native(number) for number in range(5)]
    stranger.ok("POST", "/v1/events", {"events": events}, **stranger.bearer())
    stranger.ok("POST", f"/v1/events?key={key}&email={quote(EMAIL)}&token={SECRET}", {"events": events})
    erased = native(9, visitor_id="visitor-9", user_id="user-9")
    stranger.ok("POST", "/v1/events", {"events": [erased]}, **stranger.bearer("secret"))
    for kind in ("track", "page", "screen", "identify", "alias", "group"):
        stranger.ok("POST", f"/v1/{kind}?writeKey={key}", segment(1, kind))
    batch = {"batch": [segment(2, kind) for kind in ("track", "page", "identify")], "context": CONTEXT}
    stranger.ok("POST", "/v1/batch", {**batch, "writeKey": key})
    basic = base64.b64encode(f"{stranger.keys['secret']}:{SECRET}".encode()).decode()
    stranger.ok("POST", "/v1/import", {"batch": [segment(3)]}, Authorization=f"Basic {basic}")
    stranger.ok("POST", f"/beacon/v1/batch?writeKey={key}", {"batch": [segment(4)]})
    stranger.ok("POST", f"/track?client_key={key}", [growthbook(5), growthbook(6, "Page View")])
    stranger.ok("POST", f"/mp/collect?measurement_id=G-1&api_secret={stranger.keys['secret']}", ga4(7))
    stranger.ok("POST", f"/debug/mp/collect?api_secret={stranger.keys['secret']}", ga4(8))


def send_refused(stranger):
    """Events that are kept for their sender to see what is wrong with them, and requests of which nothing is kept."""
    key = stranger.bearer()
    answers = [
        stranger.ok("POST", "/v1/events", {"events": [native(100 + n, **more)]}, **key)["results"][0]["status"]
        for n, more in enumerate(REJECTED)
    ]
    assert set(answers) == {"rejected"}
    cut = json.dumps({"events": [native(200)]}).encode()[:-40]
    assert stranger.send("POST", "/v1/events", cut, **key)[0] == 400
    assert stranger.send("POST", "/v1/events", {"events": []}, Authorization=f"Bearer {TOKEN}")[0] == 401
    assert stranger.send("POST", f"/v1/events?key={TOKEN}", {"events": []})[0] == 401
    for path in (
        f"/v1/{EMAIL}",
        f"/nothing/{quote(EMAIL)}?token={SECRET}",
        f"/api/v1/goals/{EMAIL}/?password={SECRET}",
    ):
        stranger.send("GET", path, **stranger.bearer("secret"))
    stranger.send(
        "POST", f"/api/v1/goals/?email={quote(EMAIL)}", {"key": EMAIL, "name": []}, **stranger.bearer("secret")
    )


def ask_everything(stranger):
    attributes = {**CONTEXT["attributes"], "email": EMAIL, "url": URL, "referrer": URL, "ip": V4, "traits": TRAITS}
    key = stranger.keys["client"]
    context = {"targetingKey": "visitor-1", **attributes}
    stranger.ok("POST", "/v1/assign", {"visitor_id": "visitor-1", "attributes": attributes}, **stranger.bearer())
    stranger.ok("POST", "/ofrep/v1/evaluate/flags", {"context": context}, **stranger.bearer())
    stranger.ok("POST", f"/api/eval/{key}", {"attributes": {"id": "visitor-1", **attributes}, "url": URL})
    items = [{"kind": "cta", "text": f"Write to {EMAIL}", "selector": f"a[href='mailto:{EMAIL}']", "href": URL}]
    stranger.ok("POST", "/v1/inventory", {"path": f"/account/{EMAIL}", "items": items}, **stranger.bearer())
    for path in (f"/v1/client/{key}.json", f"/api/features/{key}", f"/sourceConfig/?writeKey={key}"):
        stranger.ok("GET", path)


def log_in(house, password):
    """At the admin, as the form does it. The status of the page that follows."""
    jar = urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
    opener = urllib.request.build_opener(jar)
    opener.addheaders = [(name, HEADERS[name]) for name in ("X-Forwarded-For", "User-Agent")]
    address = f"{house.base_url}/admin/login/?next=/admin/&email={quote(EMAIL)}"
    page = opener.open(address, timeout=30).read().decode()
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page)[1]
    form = {"csrfmiddlewaretoken": token, "username": "admin", "password": password, "next": "/admin/"}
    with opener.open(address, urllib.parse.urlencode(form).encode(), timeout=30) as answer:
        return answer.geturl()


@pytest.fixture(scope="module")
def house():
    with running_house(environment={"TRUSTED_PROXIES": "1"}) as running:
        yield running


@pytest.fixture(scope="module")
def keys(house):
    project = json.loads(house.manage("create_project", "Shop", "--json"))
    arguments = ("--kind", "secret", "--scopes", "read,manage,import", "--json")
    house.query("UPDATE tracking_project SET honours_dnt = true RETURNING 1")
    return {
        "client": project["client_key"],
        "secret": json.loads(house.manage("create_key", project["project"], *arguments))["key"],
    }


@pytest.fixture(scope="module")
def api(house, keys):
    api = Caller(house.base_url, keys["secret"])
    goal = {"key": "revenue", "name": "Revenue", "level": "macro", "event": "purchase", "measure": "sum"}
    api.ok("POST", "/api/v1/goals/", {**goal, "property": "value"})
    variants = [{"key": "old", "is_control": True}, {"key": "new", "payload": {"text": "Buy"}}]
    goals = [{"goal": "revenue", "role": "primary"}]
    api.ok("POST", "/api/v1/experiments/", {"key": "hero", "kind": "json", "variants": variants, "goals": goals})
    began = datetime.now(UTC) - timedelta(days=1)
    api.ok("POST", "/api/v1/experiments/hero/start/", {"at": began.isoformat()})
    return api


@pytest.fixture(scope="module")
def stranger(house, keys, api):
    page = Caller(house.base_url, keys["client"])
    eventually(lambda: page("POST", "/v1/assign", {"visitor_id": "first"})[1].get("assignments"))
    return Stranger(house, keys)


def all_is_counted(house):
    return house.query("SELECT count(*) FROM tracking_due")[0][0] == 0


@pytest.fixture(scope="module")
def lived(house, keys, api, stranger):
    """Everything has happened; what is looked for besides the canaries: keys and passwords that really open doors."""
    password = places.admin_password_file(house.data).read_text().strip()
    for work in (ask_everything, send_events, send_refused):
        work(stranger)
    wrong = secrets.token_hex(8)
    assert log_in(house, password).endswith("/admin/")
    assert "login" in log_in(house, wrong)
    eventually(lambda: all_is_counted(house))
    assert api.ok("GET", "/api/v1/experiments/hero/results/")["status"] == "running"
    assert len(api.ok("POST", "/api/v1/privacy/export/", {"visitor_id": "visitor-5"})["tables"]) > 0
    api.ok("POST", "/api/v1/privacy/erase/", {"visitor_id": "visitor-9"})
    house.manage("erase_person", "shop", "--visitor", "visitor-8", "--yes", check=False)
    house.manage("verify")
    return (*CANARIES, keys["secret"], password, wrong)


def test_events_of_every_format_were_stored(house, lived):
    rows = house.query("SELECT left(event_id, 2), count(*) FROM tracking_event GROUP BY 1 ORDER BY 1")

    assert {start for start, _ in rows} >= {"n-", "s-", "gb", "mp"}
    assert house.query("SELECT count(*) FROM tracking_rejected")[0][0] >= len(REJECTED)


# An address in a selector of the inventory, in the path of a page that is not there (log), and cut at the end of a
# rejected name; a secret key in a campaign's term; the browser of who fails to log in.
def test_nothing_that_must_not_be_kept_is_kept_anywhere(house, lived):
    assert anywhere(house, lived) == set()


def test_the_search_finds_what_is_planted_in_each_place(house, lived):
    planted = "zp9r2d5xz"
    coded = base64.b64encode(b'[["' + planted.encode() + b'"], {}]')
    house.query("INSERT INTO django_session VALUES ('planted', %s, now()) RETURNING 1", planted)
    house.query(
        "UPDATE tracking_event SET properties = %s WHERE event_id = 'n-1' RETURNING 1", f'{{"a":["{planted}"]}}'
    )
    valkey(house, 3).set("planted", f"to {planted.upper()}")
    valkey(house).lpush("celery-planted", json.dumps({"body": coded.decode()}))
    for name in ("web", "worker", "beat"):
        with (places.logs_dir(house.data) / f"{name}.log").open("a") as log:
            log.write(f"Not Found: /{planted}\n")

    found = anywhere(house, [planted])

    logs = {f"logs/{name}.log" for name in ("web", "worker", "beat")}
    assert {place for place, _ in found} >= {"django_session", "tracking_event", "valkey", *logs}


WITHHELD = {
    "consent": ({}, {"consent": "denied"}),
    "categories": ({}, {"consent": {"analytics_storage": "denied"}}),
    "gpc": ({"Sec-GPC": "1"}, {}),
    "dnt": ({"DNT": "1"}, {}),
}


@pytest.mark.parametrize("way", WITHHELD)
def test_of_who_withholds_consent_nothing_is_kept_and_they_are_assigned_as_ever(house, stranger, way):
    headers, context = WITHHELD[way]
    visitor, key = f"zv{way}4h8w1z", stranger.keys["client"]
    headers = {**headers, **stranger.bearer()}
    question = {"visitor_id": visitor, "attributes": {"consent": "denied"} if context else {}}
    event = {"id": f"{visitor}-1", "name": "purchase", "visitor_id": visitor, "context": context}
    message = {"type": "track", "event": "purchase", "anonymousId": visitor, "context": context}

    answers = [stranger.ok("POST", "/v1/assign", question, **headers) for _ in range(3)]
    receipts = stranger.ok("POST", "/v1/events", {"events": [event]}, **headers)["results"]
    stranger.ok("POST", f"/v1/batch?writeKey={key}", {"batch": [message, {**message, "type": "identify"}]}, **headers)
    if not context:  # the plugin has no word for it
        stranger.ok("POST", f"/track?client_key={key}", [{"event_name": "x", "device_id": visitor}], **headers)

    assert [receipt["status"] for receipt in receipts] == ["filtered"]
    assert answers[0] == answers[1] == answers[2]
    assert answers[0]["assignments"]["hero"]["variant"]
    assert anywhere(house, [visitor]) == set()


def test_consent_counts_from_when_it_is_given_until_it_is_withdrawn(house, stranger):
    said = (None, "denied", "granted", None, "withdrawn", "denied")
    statuses = []
    for place, consent in enumerate(said):
        event = {"id": f"consent-{place}", "name": "purchase", "visitor_id": "visitor-of-consent"}
        context = {"consent": consent} if consent else {}
        body = {"events": [{**event, "context": context}]}
        statuses.append(stranger.ok("POST", "/v1/events", body, **stranger.bearer())["results"][0]["status"])

    assert statuses == ["stored", "filtered", "stored", "stored", "filtered", "filtered"]
    kept = house.query("SELECT event_id FROM tracking_event WHERE visitor_id = 'visitor-of-consent' ORDER BY 1")
    assert [event_id for (event_id,) in kept] == ["consent-0", "consent-2", "consent-3"]


def sent_by(visitor, user, variant):
    """What a server sends of one person."""
    context = {"url": "https://shop.example/a?utm_source=x", "title": "A page", "of_ours": {"a": [1, "ü"]}, "ip": V4}
    properties = {"value": 12.5, "list": [{"deep": None}], "kosz": "źdźbło", "password": TYPED}
    event = {
        "visitor_id": visitor,
        "user_id": user,
        "occurred_at": f"{datetime.now(UTC) - timedelta(minutes=9):%FT%TZ}",
    }
    seen = {"experiment": "hero", "variant": variant}
    return [
        {**event, "id": f"{visitor}-0", "name": "experiment_viewed", "properties": seen, "context": {}},
        {**event, "id": f"{visitor}-1", "name": "purchase", "properties": properties, "context": context},
        {**event, "id": f"{visitor}-2", "name": "page_view", "properties": {}, "context": context},
    ]


def counted_copy(api, visitor):
    """None until the person has been counted."""
    copy = api.ok("POST", "/api/v1/privacy/export/", {"visitor_id": visitor})
    return copy if "experiments.Enrolment" in copy["tables"] else None


def test_a_copy_of_a_person_is_what_was_sent_but_for_what_is_never_kept_and_nothing_of_others(house, api, stranger):
    sent = {}
    for visitor, user in (("copy-phone", "copy-user"), ("copy-laptop", "copy-user"), ("other-phone", "other-user")):
        asked = api.ok("POST", "/v1/assign", {"visitor_id": visitor})
        sent[visitor] = sent_by(visitor, user, asked["assignments"]["hero"]["variant"])
        many = {**sent[visitor][1], "id": f"{visitor}-3", "properties": {f"p{n}": n for n in range(101)}}
        answer = api.ok("POST", "/v1/events", {"events": [*sent[visitor], many]})["results"]
        assert [receipt["status"] for receipt in answer] == ["stored"] * 3 + ["rejected"]
    copy = eventually(lambda: counted_copy(api, "copy-phone"))

    tables = copy["tables"]
    kept = {event["event_id"]: event for event in tables["tracking.Event"]}
    theirs = [*sent["copy-phone"], *sent["copy-laptop"]]
    assert set(kept) == {event["id"] for event in theirs}
    for event in theirs:
        properties = {name: "[removed]" if name == "password" else value for name, value in event["properties"].items()}
        context = {name: value for name, value in event["context"].items() if name != "ip"}
        found = kept[event["id"]]
        found["context"].pop("attributes", None)  # ours, made of the address
        assert (found["properties"], found["context"]) == (properties, context)
        assert all(found[name] == event[name] for name in ("name", "visitor_id", "user_id", "occurred_at"))
    assert [row["reason"] for row in tables["tracking.RejectedEvent"]] == ["too_many_properties"] * 2
    assert {"tracking.Visitor", "tracking.Person"} <= set(tables)
    assert "other" not in json.dumps(copy)
