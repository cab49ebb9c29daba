"""The one way in: who did not agree leaves nothing, in whatever state the event came, and private text no name."""

import pytest
from django.utils import timezone

from tests.factories import make_key, make_project
from tests.wsgi import ask
from tracking.access import KEYRING
from tracking.models import Event, EventName, Project, RejectedEvent
from tracking.privacy.erasing import erase_person

PAGE = {"Origin": "https://shop.example", "User_Agent": "Mozilla/5.0 (X11; Linux x86_64) Gecko/20100101 Firefox/143.0"}
GOOD = {"id": "e1", "name": "cta_click", "visitor_id": "canary-visitor"}
TOO_OLD = {**GOOD, "id": "e2", "occurred_at": "2001-01-01T00:00:00Z"}
NO_EVENT = {"id": "e3", "visitor_id": "canary-visitor"}


@pytest.fixture
def key(db):
    project = make_project(honours_dnt=True)
    tokens = {kind: make_key(project, kind)[1] for kind in ("client", "secret")}
    KEYRING.forget()
    yield tokens
    KEYRING.forget()


def results(key, *events, **headers):
    page = PAGE if key.startswith("pk_") else {}
    reply = ask("POST", "/v1/events", {"events": list(events)}, key=key, **page, **headers)
    return [(result["status"], result.get("reason", "").partition(":")[0]) for result in reply.json["results"]]


@pytest.mark.parametrize(
    ("headers", "context", "reason"),
    [
        ({"Sec_GPC": "1"}, {}, "gpc"),
        ({"DNT": "1"}, {}, "dnt"),
        ({}, {"consent": False}, "consent"),
    ],
)
def test_of_who_did_not_agree_nothing_is_kept_even_of_what_is_refused(key, headers, context, reason):
    events = [{**event, "context": context} for event in (GOOD, TOO_OLD, NO_EVENT)]

    answers = results(key["client"], *events, **headers)

    assert answers == [("filtered", reason), ("rejected", "too_old"), ("rejected", "unreadable")]
    assert not Event.objects.exists()
    assert {(row.visitor_id, row.body, row.name) for row in RejectedEvent.objects.all()} == {("", "", "")}


def test_of_who_agreed_a_refused_event_can_be_looked_at(key):
    results(key["client"], TOO_OLD, NO_EVENT)

    assert {row.visitor_id for row in RejectedEvent.objects.all()} == {"canary-visitor"}


def test_headers_of_a_server_are_its_own_and_what_it_says_of_its_visitor_counts(key):
    refused = {**GOOD, "id": "e4", "context": {"consent": "denied"}}

    answers = results(key["secret"], GOOD, refused, Sec_GPC="1", DNT="1")

    assert answers == [("stored", ""), ("filtered", "consent")]


def test_no_event_of_who_did_not_agree_takes_a_name(key):
    results(key["client"], GOOD, Sec_GPC="1")

    assert not EventName.objects.exists()


def test_what_a_prefetching_browser_sends_is_marked_and_a_page_says_better(key):
    preview = {**GOOD, "id": "e5", "context": {"preview": True}}

    results(key["client"], GOOD, preview, Sec_Purpose="prefetch")

    assert dict(Event.objects.values_list("event_id", "excluded")) == {"e1": "bot", "e5": "preview"}


def test_an_address_in_a_name_is_not_kept_and_a_sender_hears_of_the_id_that_it_sent(key):
    event = {"id": "a-ann@shop.example", "name": "Signed up ann@shop.example", "visitor_id": "canary-visitor"}

    reply = ask("POST", "/v1/events", {"events": [event]}, key=key["client"], **PAGE)

    assert reply.json["results"] == [{"id": "a-ann@shop.example", "status": "stored"}]
    stored = Event.objects.get()
    assert (stored.name, EventName.objects.get().name) == ("Signed up [email]",) * 2
    assert "@" not in stored.event_id
    assert results(key["client"], event) == [("duplicate", "")]


def test_of_who_did_not_agree_nothing_is_kept_of_an_event_that_only_a_lenient_reader_takes(key):
    body = (
        b'{"events":[{"id":"e6","visitor_id":"canary-visitor","context":{"consent":"denied"},"properties":{"a":NaN}}]}'
    )

    reply = ask("POST", "/v1/events", body, key=key["client"], **PAGE)

    assert reply.json["results"][0]["status"] == "rejected"
    assert (RejectedEvent.objects.get().visitor_id, RejectedEvent.objects.get().body) == ("", "")


def test_of_who_was_erased_no_refused_event_is_kept(key):
    project = Project.objects.get()
    erase_person(project.pk, visitor_id="canary-visitor", asked_by="", now=timezone.now())

    assert results(key["client"], TOO_OLD) == [("rejected", "too_old")]
    assert not RejectedEvent.objects.exists()


@pytest.mark.parametrize("field", ["visitor_id", "user_id"])
def test_a_refused_event_is_not_kept_whichever_id_of_an_erased_person_it_has(key, field):
    project = Project.objects.get()
    erase_person(project.pk, **{field: "eu-user"}, asked_by="", now=timezone.now())

    results(key["client"], {"id": "r1", "name": "", "visitor_id": "somebody-new", field: "eu-user"})

    assert not RejectedEvent.objects.exists()


@pytest.mark.parametrize(
    "consent",
    [
        *("refused", "opt_out", "Denied", ["denied"], {"analytics_storage": {"status": "denied"}}),
        *({"Analytics_Storage": "denied"}, {"status": "denied"}),
    ],
)
def test_a_refusal_in_other_words_is_one(key, consent):
    assert results(key["client"], {**GOOD, "context": {"consent": consent}}) == [("filtered", "consent")]


@pytest.mark.parametrize("consent", ["granted", True, {"analytics_storage": "granted"}, {"ad_storage": "denied"}, {}])
def test_what_is_no_refusal_is_none(key, consent):
    assert results(key["client"], {**GOOD, "context": {"consent": consent}}) == [("stored", "")]
