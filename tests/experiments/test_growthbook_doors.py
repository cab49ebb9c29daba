"""Where GrowthBook's SDKs look: the payload, decisions made for them without telling the rules, and their events."""

import gzip
import json

import pytest
from django.utils import timezone
from growthbook import GrowthBook

from experiments.delivery import growthbook_remote
from experiments.lifecycle import start
from experiments.pages import Page
from experiments.previews import link_token, preview_url
from experiments.snapshot import SNAPSHOT
from tests.factories import make_experiment, make_key, make_project
from tests.served import make_plan, only, question, serving
from tests.wsgi import ask
from tracking.access import KEYRING
from tracking.models import Event

ROBOT = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"
GOLD = {"plan": "gold"}
GREEN = {"selector": "#buy", "text": "Buy now"}


@pytest.fixture
def project(db):
    KEYRING.forget()
    SNAPSHOT.forget()
    yield make_project()
    KEYRING.forget()
    SNAPSHOT.forget()


@pytest.fixture
def pk(project):
    token = make_key(project, "client")[1]
    KEYRING.forget()
    return token


def started(project, key="hero", **fields):
    experiment = make_experiment(project, key, **{"kind": "json", **fields})
    start(experiment, at=timezone.now())
    SNAPSHOT.forget()
    return experiment


def evaluated(pk, **asked):
    return ask("POST", f"/api/eval/{pk}", {"attributes": {"id": "ann"}, **asked})


# ---- the payload ----


def test_the_payload_needs_no_header_and_is_sent_packed_to_who_can_read_it(project, pk):
    started(project)

    plain, packed = ask("GET", f"/api/features/{pk}"), ask("GET", f"/api/features/{pk}", Accept_Encoding="gzip")

    assert (plain.status, plain.json["status"], set(plain.json["features"])) == (200, 200, {"hero"})
    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.body) == plain.body
    assert "max-age=10" in plain.headers["Cache-Control"]
    assert "X-SSE-Support" not in plain.headers


def test_who_has_the_payload_is_not_sent_it_again_until_it_changes(project, pk):
    started(project)
    first = ask("GET", f"/api/features/{pk}")

    again = ask("GET", f"/api/features/{pk}", If_None_Match=f"W/{first.headers['ETag']}")
    started(project, "second")
    changed = ask("GET", f"/api/features/{pk}", If_None_Match=first.headers["ETag"])

    assert (again.status, again.body) == (304, b"")
    assert (changed.status, set(changed.json["features"])) == (200, {"hero", "second"})
    assert changed.json["dateUpdated"] > first.json["dateUpdated"]


def test_before_anything_ran_there_is_an_empty_payload(pk):
    found = ask("GET", f"/api/features/{pk}").json

    assert (found["features"], found["experiments"], found["savedGroups"]) == ({}, [], {})


@pytest.mark.parametrize("path", ["/api/features/{}", "/api/eval/{}", "/track?client_key={}"])
def test_a_key_that_is_unknown_or_secret_opens_nothing(path, project):
    secret = make_key(project)[1]
    KEYRING.forget()
    method, body = ("GET", None) if "features" in path else ("POST", [])

    codes = [ask(method, path.format(key), body).code for key in ("pk_nobody", secret)]

    assert codes == ["unknown_key", "secret_key_in_address"]


# ---- decided here ----


def test_the_answer_gives_the_value_and_what_to_track_and_no_rule(project, pk):
    started(project, condition={"plan": {"$in": ["gold"]}})

    reply = evaluated(pk, attributes={"id": "ann", "plan": "gold"})

    (rule,) = reply.json["features"]["hero"]["rules"]
    ((track,),) = [rule["tracks"]]
    result = track["result"]
    assert (result["hashAttribute"], result["hashValue"], result["inExperiment"]) == ("id", "ann", True)
    assert result["value"] == rule["force"]
    assert track["experiment"]["key"] == "hero"
    assert not any(word in reply.body for word in (b"gold", b"seed", b"condition", b"filters"))


def test_growthbooks_sdk_takes_the_answer_and_tracks_once(project, pk):
    started(project, variants=[{"key": "a", "payload": {"n": 1}}, {"key": "b", "payload": {"n": 2}}])
    seen = []
    sdk = GrowthBook(
        attributes={"id": "ann"},
        features=evaluated(pk).json["features"],
        on_experiment_viewed=lambda experiment, result, **_: seen.append((experiment.key, result.key)),
    )

    values = [sdk.get_feature_value("hero", None) for _ in range(2)]

    variant = ask("POST", "/v1/assign", {"visitor_id": "ann"}, key=pk).json["assignments"]["hero"]["variant"]
    assert seen == [("hero", variant)]
    assert values == [{"n": 1 if variant == "a" else 2}] * 2


def test_outside_the_experiment_there_is_the_controls_value_and_nothing_to_track(project, pk):
    started(project, condition=GOLD)

    assert evaluated(pk).json["features"] == {"hero": {"defaultValue": {}}}
    assert evaluated(pk, attributes={}).json["features"] == {"hero": {"defaultValue": {}}}
    assert ask("POST", f"/api/eval/{pk}", {}).status == 200


@pytest.mark.parametrize(
    "forced",
    [
        {"forcedVariations": {"hero": 1}},
        {"url": "https://shop.example/?hero=1"},
        {"url": "https://shop.example/?hero=b"},
    ],
    ids=str,
)
def test_what_is_forced_is_shown_and_not_tracked(forced, project, pk):
    started(project, condition=GOLD, variants=[{"key": "a", "payload": {"n": 1}}, {"key": "b", "payload": {"n": 2}}])

    assert evaluated(pk, **forced).json["features"]["hero"] == {
        "defaultValue": {"n": 1},
        "rules": [{"force": {"n": 2}}],
    }


@pytest.mark.parametrize("index", [-1, 2, 10**30, "1", None, 1.5, True])
def test_a_variation_that_there_is_not_forces_nothing_else(index, project, pk):
    started(project, variants=["a", "b"])

    reply = evaluated(pk, forcedVariations={"hero": index, "nonsense": 1})

    assert reply.status == 200
    assert len(reply.json["features"]) == 1


@pytest.mark.parametrize("body", [b"", b"[]", b'{"attributes": 5}', b'{"attributes": {"a": ' + b"[" * 50_000])
def test_a_question_that_cannot_be_read_is_a_clear_400(body, pk):
    reply = ask("POST", f"/api/eval/{pk}", body)

    assert (reply.status, reply.code) == (400, "unreadable")


def automatic(served, who):
    return json.loads(growthbook_remote.answer(served, who))["experiments"]


def test_a_change_of_the_page_is_sent_with_one_variant_only_and_still_counts():
    plan = make_plan(variants={"original": {}, "green": GREEN}, kind="cta", condition=GOLD)
    people = [question(f"ann-{number}", plan="gold") for number in range(40)]

    found = [(automatic(serving(plan), who)[0], serving(plan).running["hero"].decide(who)) for who in people]

    for experiment, index in found:
        assert [place for place, (start, end) in enumerate(experiment["ranges"]) if end > start] == [index]
        assert [bool(change["domMutations"]) for change in experiment["variations"]] == [False, index == 1]
        assert not experiment.keys() & {"condition", "filters", "seed", "force"}
    assert {index for _, index in found} == {0, 1}


def test_who_is_outside_is_sent_no_change_of_the_page():
    plan = make_plan(variants={"original": {}, "green": GREEN}, kind="cta", condition=GOLD)

    assert automatic(serving(plan), question()) == []
    assert automatic(serving(plan, state="paused"), question(plan="gold")) == []


def test_what_is_shipped_is_sent_and_does_not_count():
    plan = make_plan(variants={"original": {}, "green": GREEN}, kind="cta")

    (found,) = automatic(serving(plan, state="shipped", shipped="green"), question())

    assert found["force"] == 1
    assert b'"tracks"' not in growthbook_remote.answer(serving(plan, state="shipped", shipped="green"), question())


def test_a_running_test_previewed_on_a_page_that_is_none_of_its_own_is_told_once():
    page = Page(include=True, kind="simple", pattern="/pricing")
    served = serving(make_plan(variants={"original": {}, "green": GREEN}, kind="cta", pages=(page,)))
    draft = only(serving(make_plan("draft", variants={"original": {}, "green": GREEN}, kind="cta")))
    who = question(url="https://shop.example/about")
    who.force({"hero": 1, "draft": 1}, (only(served), draft))

    raw = growthbook_remote.answer(served, who)

    assert [raw.count(b'"%b":{"defaultValue"' % key) for key in (b"hero", b"draft")] == [1, 1]
    keys = [experiment["key"] for experiment in json.loads(raw)["experiments"]]
    assert len(keys) == len(set(keys))
    assert "draft" in str(keys)


def test_a_preview_link_on_another_page_tells_each_test_once(project, pk):
    started(project, pages=[{"include": True, "kind": "simple", "pattern": "/pricing"}])
    url = preview_url("https://shop.example/about", link_token(project.id, "hero", "green"))

    assert evaluated(pk, url=url).body.count(b'"hero":{"defaultValue"') == 1


# ---- events ----


def tracked(pk, *events, **headers):
    return ask("POST", f"/track?client_key={pk}", list(events), Content_Type="text/plain", **headers)


def viewed(variant="green", visitor="ann"):
    told = {"experimentId": "hero", "variationId": variant, "hashAttribute": "id", "hashValue": visitor}
    return {"event_name": "Experiment Viewed", "properties_json": told, "device_id": visitor}


def test_an_exposure_is_stored_once_and_the_answer_is_exactly_200(project, pk):
    started(project)

    replies = [tracked(pk, viewed(), {"event_name": "Feature Evaluated"}) for _ in range(2)]

    assert [reply.status for reply in replies] == [200, 200]
    assert [[one["status"] for one in reply.json["results"]] for reply in replies] == [
        ["stored", "filtered"],
        ["duplicate", "filtered"],
    ]
    (found,) = Event.objects.all()
    assert (found.name, found.visitor_id, found.source) == ("experiment_viewed", "ann", "client")
    assert found.properties == {"experiment": "hero", "variant": "green"}


def test_robots_are_marked_and_who_opted_out_leaves_nothing(project, pk):
    started(project)
    page = {"Origin": "https://shop.example", "User_Agent": "Mozilla/5.0 Chrome/140"}

    robot = tracked(pk, viewed(visitor="bot"), **{**page, "User_Agent": ROBOT})
    refused = tracked(pk, viewed(visitor="eve"), **page, Sec_GPC="1")

    assert robot.json["results"][0]["excluded"] == "bot"
    assert [(one["status"], one["reason"]) for one in refused.json["results"]] == [("filtered", "gpc")]
    assert [event.visitor_id for event in Event.objects.all()] == ["bot"]


@pytest.mark.parametrize("body", [b"", b"{}", b"nonsense"])
def test_a_batch_that_is_none_is_a_clear_400(body, pk):
    assert ask("POST", f"/track?client_key={pk}", body).code == "unreadable"
