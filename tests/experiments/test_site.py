"""Pages that Django renders: which variant they show, whom they count, what they keep, and at what cost."""

from datetime import timedelta

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import OperationalError, connection
from django.template import Context, Template, TemplateSyntaxError
from django.utils import timezone

from experiments.assignment import Question
from experiments.lifecycle import start
from experiments.middleware import MicroliftMiddleware
from experiments.models import Unit
from experiments.previews import DRAFTS, link_token, preview_url
from experiments.site import COOKIE, PROJECTS, STORED, kept_in
from experiments.snapshot import SNAPSHOT
from tests.factories import make_experiment, make_project
from tracking.models import Event

CHROME = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/143.0.0.0 Safari/537.36"


@pytest.fixture
def project(db, settings):
    def forget():
        SNAPSHOT.forget()
        PROJECTS.forget()
        DRAFTS.forget()
        STORED.clear()

    forget()
    project = make_project()
    settings.MICROLIFT_PROJECT = project.key
    settings.MIDDLEWARE = ["experiments.middleware.MicroliftMiddleware"]
    settings.ROOT_URLCONF = "tests.experiments.sites"
    yield project
    forget()


@pytest.fixture
def browser(client):
    client.defaults["HTTP_USER_AGENT"] = CHROME
    return client


def started(project, key="hero", **fields):
    start(make_experiment(project, key, **fields), at=timezone.now())
    SNAPSHOT.forget()


def visitor(project, variant, experiment="hero"):
    """A cookie of someone who is assigned this variant."""
    served = SNAPSHOT.get()[project.id].running[experiment]
    names = (f"visitor-{number}" for number in range(1000))
    name = next(name for name in names if served.assign(Question(name)).variant.key == variant)
    return f"{name}~{int(timezone.now().timestamp() * 1000)}"


def text(answer):
    return answer.content.decode()


@pytest.mark.parametrize(
    ("page", "variant", "shown"),
    [
        ("as", "green", '<a class="green">Buy</a>'),
        ("as", "original", '<a class="original">Buy</a>'),
        ("if", "green", "Buy now"),
        ("if", "original", "Add to cart"),
        ("payload", "green", "Buy now"),
        ("payload", "original", "Add to cart"),
    ],
)
def test_a_page_shows_the_variant_and_counts_it(project, browser, page, variant, shown):
    started(project)
    cookie = visitor(project, variant)
    browser.cookies[COOKIE] = cookie

    assert text(browser.get(f"/{page}/")) == shown

    (event,) = Event.objects.all()
    assert event.properties == {"experiment": "hero", "variant": variant, "phase": 1}
    assert (event.name, event.source, event.visitor_id) == ("experiment_viewed", "secret", cookie.split("~")[0])


def test_the_server_and_the_page_give_one_visitor_one_variant(project, browser):
    started(project)
    served = SNAPSHOT.get()[project.id].running["hero"]

    for number in range(50):
        browser.cookies[COOKIE] = f"v{number}~{int(timezone.now().timestamp() * 1000)}"
        assert text(browser.get("/twice/")).split() == [served.assign(Question(f"v{number}")).variant.key] * 2


def test_a_new_visitor_is_kept_in_a_cookie_that_the_browser_client_reads(project, browser):
    started(project)

    answer = browser.get("/as/", secure=True)

    kept = answer.cookies[COOKIE]
    visitor_id, since = kept_in(kept.value, timezone.now())
    assert visitor_id == Event.objects.get().visitor_id
    assert timezone.now() - since < timedelta(seconds=10)
    assert (kept["samesite"], kept["secure"], kept["httponly"], kept["path"]) == ("Lax", True, "", "/")
    assert kept["max-age"] == 390 * 86400


def test_the_cookie_is_not_renewed_and_the_visitor_stays(project, browser):
    started(project)
    first = text(browser.get("/as/"))

    again = browser.get("/as/")

    assert (text(again), again.cookies) == (first, {})


@pytest.mark.parametrize(
    "cookie", ["", "~", "ann", "ann~", "ann~x", "ann~1", "null~1795000000000", "a\x07b~1795000000000"]
)
def test_a_cookie_that_names_nobody_or_is_too_old_is_replaced(project, browser, cookie):
    started(project)
    browser.cookies[COOKIE] = cookie

    answer = browser.get("/as/")

    assert len(answer.cookies[COOKIE].value.split("~")[0]) == 36


def test_a_page_that_asks_for_nothing_stays_as_it_is(project, browser, django_assert_num_queries):
    started(project)

    with django_assert_num_queries(0):
        plain, hidden = browser.get("/plain/"), browser.get("/hidden/")

    assert [answer.headers.get("Vary") for answer in (plain, hidden)] == [None, None]
    assert not plain.cookies
    assert not hidden.cookies
    assert not Event.objects.exists()


def test_a_page_with_a_variant_is_cached_for_nobody_else(project, browser):
    started(project)

    answer = browser.get("/as/")

    assert (answer.headers["Vary"], answer.headers["Cache-Control"]) == ("Cookie", "private")


def test_deciding_costs_no_query_and_a_days_visits_one_row(project, browser, django_assert_num_queries):
    started(project)
    browser.get("/as/")

    with django_assert_num_queries(0):
        browser.get("/as/")
    STORED.clear()
    browser.get("/if/")

    assert Event.objects.count() == 1


def test_a_page_that_failed_has_shown_nobody_anything(project, browser):
    started(project)

    browser.get("/broken/")

    assert not Event.objects.exists()


def test_a_streamed_page_counts_what_it_showed_on_its_way(project, browser):
    started(project)
    browser.cookies[COOKIE] = visitor(project, "green")

    answer = browser.get("/streamed/")
    assert not Event.objects.exists()
    shown = b"".join(answer.streaming_content).decode()

    assert Event.objects.get().properties["variant"] == shown == "green"


def test_a_streamed_page_cannot_keep_a_new_visitor_and_does_not_count_it(project, browser):
    started(project)

    assert b"".join(browser.get("/streamed/").streaming_content)

    assert not Event.objects.exists()


@pytest.mark.parametrize(
    ("headers", "reason"),
    [({"HTTP_USER_AGENT": "Googlebot/2.1"}, "bot"), ({"HTTP_SEC_GPC": "1"}, "opted_out")],
)
def test_robots_and_who_opted_out_see_the_original_and_leave_nothing(project, browser, headers, reason):
    started(project, variants=[{"key": "original", "weight": 0}, "green"])

    member, script, shown = (browser.get(f"/{page}/", **headers) for page in ("member", "script", "as"))

    assert text(member) == f"original {reason}"
    assert text(shown) == '<a class="original">Buy</a>'
    assert [answer.cookies for answer in (member, shown, script)] == [{}] * 3
    assert not Event.objects.exists()


def test_who_refuses_sees_the_original_and_leaves_nothing(project, browser):
    started(project, variants=[{"key": "original", "weight": 0}, "green"])

    answer = browser.get("/refused/")

    assert text(answer) == '<a class="original">Buy</a>'
    assert not answer.cookies
    assert not Event.objects.exists()


def test_the_browser_client_is_handed_the_same_visitor(project, browser):
    started(project)

    answer = browser.get("/script/")

    assert f'data-visitor="{answer.cookies[COOKIE].value.split("~")[0]}"' in text(answer)


@pytest.mark.parametrize("status", ["draft", "running"])
def test_a_preview_link_shows_its_variant_and_is_not_counted(project, browser, status):
    make_experiment(project, "hero") if status == "draft" else started(project)

    shown = {
        text(browser.get(preview_url("/as/", link_token(project.id, "hero", key)))) for key in ("original", "green")
    }

    assert shown == {'<a class="original">Buy</a>', '<a class="green">Buy</a>'}
    assert not Event.objects.exists()


def test_a_running_variant_is_shown_by_its_number_and_not_counted(project, browser):
    started(project)

    assert [text(browser.get(f"/as/?hero={number}"))[10:15] for number in (0, 1)] == ["origi", "green"]
    assert not Event.objects.exists()


def test_a_test_of_users_takes_who_the_site_names_and_attributes_it_tells(project, browser):
    started(project, unit=Unit.USER, condition={"plan": "pro"})

    member, stranger = browser.get("/member/"), browser.get("/as/")

    assert text(member).endswith("assigned")
    assert text(stranger) == '<a class="original">Buy</a>'
    assert [event.user_id for event in Event.objects.all()] == ["u-7"]


def test_the_audience_sees_device_page_and_campaign_of_the_request(project, browser):
    condition = {"deviceType": "desktop", "path": "/member/", "utmSource": "news", "returning": False}
    started(project, condition=condition)

    answers = [text(browser.get(address)) for address in ("/member/?utm_source=news", "/member/")]

    assert [answer.split()[1] for answer in answers] == ["assigned", "outside_audience"]


def test_an_exposure_tells_what_a_segment_asks_and_no_address(project, browser):
    started(project)

    browser.get("/as/?utm_source=news&mail=canary-1", REMOTE_ADDR="81.2.69.160")

    told = Event.objects.get().context["attributes"]
    assert (told["deviceType"], told["browser"], told["country"], told["path"]) == ("desktop", "chrome", "GB", "/as/")
    assert (told["utmSource"], told["returning"]) == ("news", False)
    assert "canary-1" not in str(told)
    assert "81.2.69.160" not in str(told)


@pytest.mark.parametrize("header", ["HTTP_SEC_PURPOSE", "HTTP_PURPOSE"])
def test_a_page_fetched_in_advance_is_seen_by_nobody_yet(project, browser, header):
    started(project)

    browser.get("/as/", **{header: "prefetch"})
    assert not Event.objects.exists()

    browser.get("/as/")
    assert Event.objects.count() == 1


def test_who_came_half_an_hour_ago_is_here_again(project, browser):
    started(project, condition={"returning": True})

    def reason(minutes):
        since = timezone.now() - timedelta(minutes=minutes)
        browser.cookies[COOKIE] = f"ann~{int(since.timestamp() * 1000)}"
        return text(browser.get("/member/")).split()[1]

    assert [reason(29), reason(31)] == ["outside_audience", "assigned"]


def test_without_a_database_the_page_comes_with_the_variant_that_memory_knows(project, browser):
    started(project, variants=[{"key": "original", "weight": 0}, "green"])
    browser.get("/as/")
    STORED.clear()

    with connection.execute_wrapper(_gone):
        assert text(browser.get("/as/")) == '<a class="green">Buy</a>'
        SNAPSHOT.forget()
        assert text(browser.get("/if/")) == "Add to cart"


def _gone(*_arguments):
    raise OperationalError("the server closed the connection")


def test_an_unknown_project_or_test_leaves_the_page_as_it_is(project, browser, settings):
    assert text(browser.get("/as/")) == '<a class="">Buy</a>'
    settings.MICROLIFT_PROJECT = "nowhere"

    assert text(browser.get("/if/")) == "Add to cart"


def test_what_is_forgotten_in_the_set_up_is_said(settings):
    settings.MICROLIFT_PROJECT = ""
    with pytest.raises(ImproperlyConfigured, match="MICROLIFT_PROJECT"):
        MicroliftMiddleware(lambda _request: None)
    with pytest.raises(TemplateSyntaxError, match="MicroliftMiddleware"):
        Template('{% load microlift %}{% variant "hero" %}').render(Context())
    with pytest.raises(TemplateSyntaxError, match="ifvariant"):
        Template('{% load microlift %}{% ifvariant "hero" %}{% endifvariant %}')
