"""Every route × every kind of key × every method: the answer is the one of the policy table."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.urls import URLResolver, get_resolver
from django.utils import timezone

from experiments import lifecycle
from experiments.models import Namespace, SavedGroup
from tests.factories import GREEN, make_experiment, make_goal, make_key, make_project
from tests.rest import Rest
from tracking.models import Trigger
from tracking.publishing import publish

pytestmark = pytest.mark.django_db

VARIANTS = [{"key": "old"}, {"key": "new", "payload": GREEN}]
# By route: what each method needs, with a body that it takes. A method that is not here is answered 405.
POLICY: dict[str, dict[str, tuple[str, Any]]] = {
    "project/": {"GET": ("read", None), "PATCH": ("manage", {"name": "Shop"})},
    "privacy/export/": {"POST": ("manage", {"visitor_id": "ann"})},
    "privacy/erase/": {"POST": ("manage", {"visitor_id": "ann"})},
    "goals/": {"GET": ("read", None), "POST": ("manage", {"key": "new"})},
    "goals/<str:key>/": {"GET": ("read", None), "PATCH": ("manage", {"window": 5}), "DELETE": ("manage", None)},
    "triggers/": {"GET": ("read", None), "POST": ("manage", {"key": "new", "kind": "share"})},
    "triggers/publish/": {"POST": ("manage", {})},
    "triggers/versions/": {"GET": ("read", None)},
    "triggers/versions/<int:number>/": {"GET": ("read", None)},
    "triggers/versions/<int:number>/restore/": {"POST": ("manage", {})},
    "triggers/<str:key>/": {"GET": ("read", None), "PATCH": ("manage", {"is_on": False}), "DELETE": ("manage", None)},
    "experiments/": {"GET": ("read", None), "POST": ("manage", {"key": "new", "variants": VARIANTS})},
    "experiments/<str:key>/": {"GET": ("read", None), "PATCH": ("manage", {"name": "x"}), "DELETE": ("manage", None)},
    "experiments/<str:key>/goals/": {"POST": ("manage", {"goal": "spare"})},
    "experiments/<str:key>/forecast/": {"GET": ("read", None), "POST": ("manage", {})},
    "experiments/<str:key>/start/": {"POST": ("manage", {})},
    "experiments/<str:key>/stop/": {"POST": ("manage", {})},
    "experiments/<str:key>/new-phase/": {"POST": ("manage", {})},
    "experiments/<str:key>/schedule/": {"POST": ("manage", {})},
    "experiments/<str:key>/unschedule/": {"POST": ("manage", {})},
    "experiments/<str:key>/pause/": {"POST": ("manage", {})},
    "experiments/<str:key>/resume/": {"POST": ("manage", {})},
    "experiments/<str:key>/coverage/": {"POST": ("manage", {"coverage": 1})},
    "experiments/<str:key>/ship/": {"POST": ("manage", {"variant": "green"})},
    "experiments/<str:key>/unship/": {"POST": ("manage", {})},
    "experiments/<str:key>/archive/": {"POST": ("manage", {})},
    "experiments/<str:key>/unarchive/": {"POST": ("manage", {})},
    "namespaces/": {"GET": ("read", None), "POST": ("manage", {"key": "new"})},
    "namespaces/<str:key>/": {"GET": ("read", None), "PATCH": ("manage", {"name": "x"}), "DELETE": ("manage", None)},
    "groups/": {"GET": ("read", None), "POST": ("manage", {"key": "new", "values": ["1"]})},
    "groups/<str:key>/": {"GET": ("read", None), "PATCH": ("manage", {"values": []}), "DELETE": ("manage", None)},
    "holdout/": {"GET": ("read", None), "PATCH": ("manage", {"share": 0.1})},
    "experiments/<str:key>/results/": {"GET": ("read", None)},
    "experiments/<str:key>/explain/": {"GET": ("read", None)},
}
OPEN = {"schema/", "docs/"}
METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"]
MAY = {"read": {"read"}, "manage": {"read", "manage"}, "import": set()}
KEYS = ["none", "unknown", "revoked", "client", "read", "manage", "import", "other client", "other manage"]
# What a GET must ask.
QUESTIONS = {"experiments/<str:key>/explain/": "?visitor=ann"}
# What each address names: something in the state in which the method does what it says; else the draft "hero".
NAMES = {"goals/<str:key>/": "spare"} | {
    f"experiments/<str:key>/{move}/": key
    for key, moves in {
        "live": ["stop", "results", "new-phase", "pause", "coverage"],
        "halted": ["resume"],
        "planned": ["unschedule"],
        "over": ["ship", "archive"],
        "shipped": ["unship"],
        "away": ["unarchive"],
    }.items()
    for move in moves
}


def make_in_every_state(shop):
    now = timezone.now()
    make_experiment(shop, "hero", starts_at=now + timedelta(days=1))
    lifecycle.schedule(make_experiment(shop, "planned", starts_at=now + timedelta(days=1)), now=now)
    begun = {key: make_experiment(shop, key) for key in ("live", "halted", "over", "shipped", "away")}
    for experiment in begun.values():
        lifecycle.start(experiment, at=now)
    lifecycle.pause(begun["halted"], at=now)
    for key in ("over", "shipped", "away"):
        lifecycle.stop(begun[key], at=now, now=now)
    lifecycle.ship(begun["shipped"], "green", now=now)
    lifecycle.archive(begun["away"])


@pytest.fixture(scope="module")
def world(django_db_setup, django_db_blocker):
    """Made once: each test takes back only what it has changed itself."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield make_world()
        transaction.set_rollback(True)


@pytest.fixture
def callers(world):
    return {name: Rest(token) for name, token in world.items()}


def make_world():
    """Two projects; the keys by name."""
    shop, other = make_project("shop"), make_project("other")
    make_goal(shop, "spare")
    make_in_every_state(shop)
    Namespace.objects.create(project=shop, key="hero", name="Hero")
    SavedGroup.objects.create(project=shop, key="hero", name="Hero")
    Trigger.objects.create(project=shop, key="hero", name="Hero", kind="share")
    publish(shop.pk, author="ann")
    Trigger.objects.create(project=other, key="theirs", name="Theirs", kind="share")
    tokens = {scope: make_key(shop, scopes=[scope])[1] for scope in MAY}
    tokens |= {"none": "", "unknown": "sk_unknown", "client": make_key(shop, "client")[1]}
    tokens |= {"other client": make_key(other, "client")[1], "other manage": make_key(other, scopes=["manage"])[1]}
    tokens["revoked"] = make_key(shop, revoked_at=timezone.now())[1]
    return tokens


def expected(caller, route, method):
    """The status, or the set of those that mean "yes"."""
    allowed = POLICY[route]
    needed = allowed.get("GET" if method == "HEAD" else method)
    if caller in {"none", "unknown", "revoked"}:
        return {401}
    scopes = MAY.get(caller.removeprefix("other "), set())
    if (needed[0] if needed else "read") not in scopes:
        return {403}
    if needed is None:
        return {405}
    if caller.startswith("other") and "<" in route:
        return {404}
    return {200, 201, 202, 204}


def routes():
    groups = [pattern for pattern in get_resolver().url_patterns if isinstance(pattern, URLResolver)]
    ours = [group for group in groups if str(group.pattern) == "api/v1/"]
    return [str(route.pattern) for group in ours for route in group.url_patterns]


def test_every_route_has_a_policy():
    assert sorted(routes()) == sorted(POLICY)


@pytest.mark.parametrize("route", POLICY)
@pytest.mark.parametrize("caller", KEYS)
def test_every_key_gets_what_the_policy_says_and_no_more(callers, route, caller):
    address = route.replace("<str:key>", NAMES.get(route, "hero")).replace("<int:number>", "1")
    address += QUESTIONS.get(route, "")
    for method in METHODS:
        body = POLICY[route].get(method, ("", None))[1]

        answer = callers[caller].ask(method, address, body)

        wanted = expected(caller, route, method)
        assert answer.status_code in wanted, (method, address, answer.content)
        assert method == "HEAD" or answer.status_code == 204 or answer.headers["Content-Type"] == "application/json"


@pytest.mark.parametrize("address", sorted(OPEN))
def test_the_description_is_open_to_all_and_can_only_be_read(callers, address):
    for caller in ("none", "client", "manage"):
        assert callers[caller].ask("GET", address).status_code == 200
        assert callers[caller].ask("POST", address, {}).status_code == 405
