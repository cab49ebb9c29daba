"""GrowthBook on servers: its SDKs for Node and Python, unchanged, decide from our payload, ask us, and report to us."""

import json

import pytest
from growthbook import GrowthBook, feature_repo
from growthbook.plugins import GrowthBookTrackingPlugin

from tests.clients.site import Site, users_of
from tests.http import eventually

IDS = [name for number in range(20) for name in (f"ann-{number}", f"zażółć-{number}", f"ева-{number}", f"🦊-{number}")]
GOLD = {"plan": {"$in": ["gold", "platinum"]}}
FLAGS = ("headline", "offer", "columns")


@pytest.fixture(scope="module", autouse=True)
def flags(site: Site) -> None:
    site.run("headline", {"plain": "Hello", "warm": "Cześć", "cool": "Привіт"}, kind="string", weights=[2, 1, 1])
    site.run("offer", {"none": {}, "some": {"percent": 5}}, coverage=0.6, condition=GOLD)
    site.run("columns", {"few": 3, "many": 12}, kind="number", unit="user")


@pytest.fixture
def in_node(node, site):
    def ask(mode, users, **more):
        order = {"mode": mode, "apiHost": site.base_url, "clientKey": site.key, "users": users, "features": FLAGS}
        return node("growthbook", {**order, **more})

    return ask


@pytest.fixture
def in_python(site):
    """A fresh SDK for one user; nothing remembered of those before."""
    feature_repo.clear_cache()
    opened = []

    def open_one(attributes, **more):
        one = GrowthBook(api_host=site.base_url, client_key=site.key, attributes=attributes, **more)
        opened.append(one)
        one.load_features()
        return one

    yield open_one
    for one in opened:
        one.destroy()


def told_by_us(site, name, **attributes):
    """What each flag is for this visitor by our own endpoint, as an SDK would say it."""
    user = attributes.get("user_id")
    question = {"visitor_id": name, "attributes": attributes, **({"user_id": user} if user else {})}
    found = site.page.ok("POST", "/v1/assign", question)["assignments"]
    return {
        flag: (
            found[flag]["variant"] if found[flag]["in_experiment"] else None,
            found[flag]["payload"].get("value", found[flag]["payload"]),
        )
        for flag in FLAGS
    }


def seen(answer):
    return {flag: (found["variation"], found["value"]) for flag, found in answer.items()}


@pytest.mark.parametrize("mode", ["client", "single"])
@pytest.mark.parametrize("attributes", [{}, {"plan": "gold"}, {"plan": "free", "user_id": "u-1"}], ids=str)
def test_node_decides_from_our_payload_as_we_do(mode, attributes, site, in_node):
    found = in_node(mode, users_of(IDS, **attributes))

    assert (found["success"], found["source"]) == (True, "cache" if mode == "single" else "network")
    assert [seen(answer) for answer in found["answers"]] == [told_by_us(site, name, **attributes) for name in IDS]


def test_python_decides_from_our_payload_as_we_do(site, in_python):
    for name in IDS:
        attributes = {"plan": "gold", "user_id": f"user-of-{name}"}
        one = in_python({"id": name, **attributes})

        for flag, expected in told_by_us(site, name, **attributes).items():
            answer = one.eval_feature(flag)
            result = answer.experimentResult
            assert (result.key if result and result.inExperiment else None, answer.value) == expected


@pytest.mark.parametrize("attributes", [{"plan": "gold", "user_id": "u-1"}, {"plan": "free"}], ids=str)
def test_the_server_decides_for_an_sdk_that_asks_it_to(attributes, site, in_node):
    users = users_of(IDS[:16], **attributes)
    found = in_node("remote", users)

    for name, answer, exposures in zip(IDS, found["answers"], found["exposures"], strict=False):
        expected = told_by_us(site, name, **attributes)
        assert {flag: told["value"] for flag, told in answer.items()} == {
            k: value for k, (_, value) in expected.items()
        }
        assert sorted(exposures) == sorted([flag, variant] for flag, (variant, _) in expected.items() if variant)


def test_a_remote_answer_hides_the_rules(site, in_node, in_python):
    payload = in_node("remote", users_of(["ann"], plan="gold"))["payload"]
    python = in_python({"id": "ann", "plan": "gold"}, remote_eval=True)

    assert "platinum" not in json.dumps(payload)
    assert "condition" not in json.dumps(payload["features"])
    assert {flag: python.get_feature_value(flag, None) for flag in FLAGS} == {
        flag: value for flag, (_, value) in told_by_us(site, "ann", plan="gold").items()
    }


def test_a_forced_variation_is_given_and_is_no_exposure(in_node):
    forced = [{**user, "forcedVariations": {"headline": 2}} for user in users_of(IDS[:4])]

    local, remote = in_node("single", forced), in_node("remote", forced)

    for found in (local, remote):
        assert [answer["headline"]["value"] for answer in found["answers"]] == ["Привіт"] * 4
        assert all("headline" not in dict(exposures) for exposures in found["exposures"])


def test_an_unknown_client_key_brings_no_features(in_node):
    found = in_node("client", users_of(["ann"]), clientKey="pk_unknown")

    assert found["success"] is False
    assert found["error"].startswith("HTTP error: 4")


def test_python_asks_again_with_the_etag_and_is_told_that_nothing_changed(site, in_python, caplog):
    in_python({"id": "ann"})
    caplog.set_level("DEBUG", logger="growthbook")

    again = in_python({"id": "ann"})
    again.load_features(force_refresh=True)

    assert "304 Not Modified" in caplog.text
    assert set(again.get_features()) >= set(FLAGS)


def test_the_date_moves_with_every_change_of_the_payload_and_only_then(site, in_node):
    first, same = (in_node("client", [])["payload"] for _ in range(2))
    site.run("extra", {"a": False, "b": True}, kind="boolean")

    after = eventually(lambda: "extra" in (found := in_node("client", [])["payload"])["features"] and found, seconds=10)

    assert same == first
    assert after["dateUpdated"] > first["dateUpdated"]


def test_an_exposure_that_node_reports_is_one_event_in_our_words(site, in_node):
    visitor = site.visitor("headline", "warm")

    for _ in range(2):
        in_node("client", users_of([visitor]), track=True, features=["headline"])

    found = eventually(lambda: [event for event in site.events("experiment_viewed") if event[0] == visitor], seconds=5)
    assert [(told["experiment"], told["variant"]) for _, told in found] == [("headline", "warm")]


def test_an_exposure_that_python_reports_is_one_event_in_our_words(site, in_python):
    visitor = site.visitor("headline", "cool")
    for _ in range(2):
        plugin = GrowthBookTrackingPlugin(ingestor_host=site.base_url, batch_size=1)
        one = in_python({"id": visitor}, plugins=[plugin])
        assert one.get_feature_value("headline", "-") == "Привіт"
        plugin.cleanup()

    found = eventually(lambda: [event for event in site.events("experiment_viewed") if event[0] == visitor], seconds=5)
    assert [(told["experiment"], told["variant"]) for _, told in found] == [("headline", "cool")]
