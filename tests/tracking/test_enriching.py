"""What a page's request tells is kept with its events; robots are marked; servers are left alone."""

import pytest
from django.utils import timezone

from tests.factories import make_key, make_project
from tests.wsgi import ask
from tracking.access import KEYRING
from tracking.models import Event
from tracking.queries import recent_attributes

CHROME = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/138.0.0.0 Safari/537.36"
)
PAGE = {"User_Agent": CHROME, "Origin": "https://shop.example"}


@pytest.fixture
def project(db):
    KEYRING.forget()
    yield make_project()
    KEYRING.forget()


def sent(project, kind="client", context=None, headers=None, visitor_id="ann"):
    token = make_key(project, kind)[1]
    KEYRING.forget()
    event = {"id": f"e-{visitor_id}", "name": "cta_click", "visitor_id": visitor_id, "context": context or {}}
    reply = ask("POST", "/v1/events", {"events": [event]}, key=token, **(PAGE if headers is None else headers))
    return reply.json["results"][0], Event.objects.get(project=project, visitor_id=visitor_id)


def test_an_event_of_a_page_keeps_what_its_request_told(project):
    context = {
        "url": "https://shop.example/pricing?utm_source=news&token=canary",
        "referrer": "https://www.google.com/",
    }

    _, event = sent(project, context=context)

    told = event.context["attributes"]
    assert {name: told[name] for name in ("deviceType", "browser", "os")} == {
        "deviceType": "desktop",
        "browser": "chrome",
        "os": "Windows",
    }
    assert (told["path"], told["utmSource"], told["referrer"]) == ("/pricing", "news", "www.google.com")
    assert "canary" not in str(told)


def test_what_the_page_says_itself_wins_and_only_known_attributes_are_kept(project):
    context = {"attributes": {"returning": True, "browser": "firefox", "email": "canary@example.com"}}

    _, event = sent(project, context=context)

    assert (event.context["attributes"]["returning"], event.context["attributes"]["browser"]) == (True, "firefox")
    assert "email" not in event.context["attributes"]


def test_a_robot_is_kept_and_not_counted(project):
    answer, event = sent(project, headers={**PAGE, "User_Agent": "Mozilla/5.0 (compatible; Googlebot/2.1)"})

    assert (answer["status"], answer["excluded"], event.excluded) == ("stored", "bot", "bot")


def test_a_server_is_neither_a_robot_nor_a_visitor(project):
    answer, event = sent(project, kind="secret", headers={"User_Agent": "python-requests/2.32"})

    assert "excluded" not in answer
    assert event.context == {}


def told_by_server(project, **context):
    return sent(project, kind="secret", context=context, headers={"User_Agent": "python-requests/2.32"})


def test_of_a_server_s_events_their_own_words_tell_of_the_visitor(project):
    _, event = told_by_server(
        project,
        userAgent=CHROME,
        ip="8.8.8.8",
        url="https://shop.example/pricing?email=canary",
        referrer="https://www.google.com/",
        attributes={"utmSource": "news", "utmMedium": "email", "plan": "pro"},
    )

    told = event.context["attributes"]
    assert [told[name] for name in ("browser", "os", "deviceType", "country", "path")] == [
        *("chrome", "Windows", "desktop", "US", "/pricing")
    ]
    assert (told["channel"], told["plan"]) == ("email", "pro")
    assert not {"userAgent", "ip"} & set(event.context)
    assert "canary" not in str(told)


def test_a_program_that_a_server_tells_of_is_kept_and_not_counted(project):
    answer, _ = told_by_server(project, userAgent="Mozilla/5.0 (compatible; Googlebot/2.1)")

    assert (answer["status"], answer["excluded"]) == ("stored", "bot")


def test_a_colleague_that_a_server_tells_of_is_kept_and_not_counted(project):
    project.internal_addresses = ["203.0.113.0/24"]
    project.save()

    answer, event = told_by_server(project, userAgent=CHROME, ip="203.0.113.9")

    assert (answer["excluded"], "203.0.113" in str(event.context)) == ("internal", False)


def test_the_campaign_that_brought_the_visit_says_the_channel_on_every_page_of_it(project):
    tags = {"utmSource": "chatgpt.com", "utmMedium": "referral"}
    context = {"url": "https://shop.example/cart", "referrer": "https://shop.example/", "attributes": tags}

    _, event = sent(project, context=context)

    assert event.context["attributes"]["channel"] == "ai_assistant"


@pytest.mark.parametrize(
    ("told", "kept"),
    [
        ("/pricing", "/pricing"),
        ("/pricing?email=canary#token", "/pricing"),
        ("https://shop.example/pricing?token=canary", "/pricing"),
        (5, ""),
    ],
)
def test_of_the_page_where_a_visit_began_only_the_path_is_kept(project, told, kept):
    _, event = sent(project, context={"session_id": "s1", "landing_page": told})

    assert (event.context["landing_page"], event.context["session_id"]) == (kept, "s1")


def test_the_newest_attributes_of_recent_visitors_are_read_in_one_query(project, django_assert_num_queries):
    began = timezone.now()
    sent(project, visitor_id="ann")
    sent(project, visitor_id="bob", headers={**PAGE, "User_Agent": "Mozilla/5.0 (compatible; Googlebot/2.1)"})

    with django_assert_num_queries(1):
        found = recent_attributes(project.id, began, most=10)

    assert [(one["id"], one["browser"]) for one in found] == [("ann", "chrome")]
