"""Who withheld consent is assigned as ever, and nothing is kept."""

import pytest

from tests.factories import make_experiment, make_key, make_project
from tests.wsgi import ask
from tracking.access import KEYRING
from tracking.consent import withheld
from tracking.models import Due, Event, Visitor


def said(context=None, *, honours_dnt=False, **headers):
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    return withheld(context or {}, lambda name: sent.get(name, ""), honours_dnt=honours_dnt)


@pytest.mark.parametrize(
    "consent",
    [
        False,
        "denied",
        "Denied",
        "withdrawn",
        0,
        {"analytics_storage": "denied"},
        {"analytics_storage": False},
        {"statistics": False},
        {"analytics_storage": "denied", "ad_storage": "granted"},
        {"categoryPreferences": {"Advertising": True, "Analytics": False}},
        {"categoryPreferences": {"C0001": True, "C0002": False}},
        {"categoryPreferences": {"Analytics": "denied"}},
        {"categoryPreferences": {"Ours": False, "Theirs": False}},
        {"allowedConsentIds": ["C0001"], "deniedConsentIds": ["C0002", "C0004"]},
        {"allowedConsentIds": ["analytics"], "deniedConsentIds": ["Analytics "]},
        {"allowedConsentIds": [], "deniedConsentIds": ["purpose-1"]},
        {"deniedConsentIds": {"1": "statistics"}},
    ],
)
def test_a_page_that_says_no_is_believed(consent):
    assert said({"consent": consent}) == "consent"


@pytest.mark.parametrize(
    "consent",
    [
        True,
        "granted",
        None,
        "",
        1,
        {"analytics_storage": "granted", "ad_storage": "denied"},
        {"ad_storage": "denied"},
        {},
        [],
        {"analytics": {"nested": False}},
        {"categoryPreferences": {"Advertising": False, "Analytics": True}},
        {"categoryPreferences": {"Ours": True, "Theirs": False}},
        {"categoryPreferences": {"Analytics": None, "Functional": True}},
        {"categoryPreferences": {}},
        {"categoryPreferences": ["Analytics"]},
        {"categoryPreferences": {"Analytics": {"granted": False}}},
        {"allowedConsentIds": ["C0001", "C0002"], "deniedConsentIds": ["C0004"]},
        {"allowedConsentIds": ["purpose-1"], "deniedConsentIds": ["purpose-2"]},
        {"allowedConsentIds": [], "deniedConsentIds": []},
        {"allowedConsentIds": 5, "deniedConsentIds": [5, None, {}]},
    ],
)
def test_whatever_else_a_page_says_is_no_refusal_to_be_measured(consent):
    assert said({"consent": consent}) == ""


def test_nothing_said_withholds_nothing():
    assert said() == ""


def test_global_privacy_control_is_always_heeded_and_do_not_track_where_the_project_does():
    assert said(Sec_GPC="1") == "gpc"
    assert said(Sec_GPC="0") == ""
    assert said(DNT="1") == ""
    assert said(DNT="1", honours_dnt=True) == "dnt"
    assert said({"consent": "denied"}, Sec_GPC="1") == "consent"


@pytest.mark.django_db
@pytest.mark.parametrize("headers", [{"Sec_GPC": "1"}, {"DNT": "1"}, {}])
def test_an_assignment_works_without_consent_and_writes_nothing(headers):
    project = make_project(requires_consent=True)
    make_experiment(project, "hero")
    token = make_key(project, "client")[1]
    KEYRING.forget()
    body = {"visitor_id": "ann", "attributes": {"consent": "denied"}}

    answers = [ask("POST", "/v1/assign", body, key=token, **headers) for _ in range(2)]

    assert [answer.status for answer in answers] == [200, 200]
    assert answers[0].json == answers[1].json
    assert [model.objects.count() for model in (Event, Due, Visitor)] == [0, 0, 0]
