"""How far results are behind, and who could not be counted, in a marketer's words; and another try for them."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.urls import reverse
from django.utils import timezone

from tests.factories import make_project
from tracking import dues
from tracking.admin.backlog_words import refused_words, standing
from tracking.models import Due
from tracking.operations import Backlog
from tracking.outcomes import record_refused_requests

ARRIVALS = reverse("admin:tracking_rejectedevent_changelist")
ASIDE = reverse("admin:tracking_aside")
MINUTE = timedelta(minutes=1)
NOW = timezone.now()


def lines(admin):
    return [(one.tone, one.title.replace("\xa0", " ")) for one in admin.get(ARRIVALS).context["standings"]]


def set_aside(project, *visitors, error="KeyError('median')"):
    for visitor_id in visitors:
        Due.objects.create(project=project, visitor_id=visitor_id, tries=dues.MOST_TRIES, error=error)


def test_without_a_backlog_results_are_up_to_date(admin, project):
    assert lines(admin) == [("good", "Results are up to date")]


def test_what_came_a_moment_ago_is_no_backlog(admin, project):
    dues.mark(project.pk, ["ann"])

    assert lines(admin) == [("good", "Results are up to date")]


def test_a_backlog_is_told_with_number_and_age(admin, project):
    dues.mark(project.pk, [f"v{number}" for number in range(1_240)])
    Due.objects.update(created_at=timezone.now() - 3 * MINUTE - timedelta(seconds=4))

    assert lines(admin) == [("wait", "1,240 visitors wait to be counted, the oldest for 3 minutes")]


@pytest.mark.parametrize(
    ("backlog", "tone", "title"),
    [
        (Backlog(1, NOW - 2 * MINUTE, False), "wait", "1 visitor waits to be counted, for 2 minutes"),
        (
            Backlog(7, NOW - timedelta(seconds=45), False),
            "wait",
            "7 visitors wait to be counted, the oldest for less than a minute",
        ),
        (
            Backlog(98_000, NOW - timedelta(hours=5), True),
            "bad",
            "At least 98,000 visitors wait to be counted, the oldest for 5 hours",
        ),
    ],
)
def test_every_backlog_has_words(backlog, tone, title):
    found = standing(backlog, NOW)

    assert (found.tone, found.title.replace("\xa0", " ")) == (tone, title)


def test_a_long_wait_says_whom_to_ask():
    assert "worker" in standing(Backlog(1, NOW - timedelta(hours=1), False), NOW).advice
    assert "worker" not in standing(Backlog(1, NOW - MINUTE, False), NOW).advice


def test_refused_requests_are_told_with_what_to_do(admin, project):
    record_refused_requests({project.pk: 1_500})

    assert lines(admin)[1] == ("bad", "1,500 requests were refused: a key sent too many")
    assert refused_words(0) is None
    assert admin.get(ARRIVALS).context["total"] == "0"


def test_who_was_set_aside_is_told_and_leads_to_the_list(admin, project):
    set_aside(project, "ann", "ben")

    assert lines(admin)[1] == ("bad", "2 visitors could not be counted")
    assert ASIDE in admin.get(ARRIVALS).context["standings"][1].url


def test_the_list_names_each_visitor_once_with_the_last_error(admin, project):
    set_aside(project, "ann", error="an older one")
    set_aside(project, "ann", "ben")
    set_aside(make_project(), "theirs")

    page = admin.get(f"{ASIDE}?project={project.pk}").content.decode()

    assert page.count('name="visitor"') == 2
    assert "KeyError(&#x27;median&#x27;)" in page
    assert "an older one" not in page
    assert "theirs" not in page


def test_those_who_were_ticked_are_tried_again_and_no_others(admin, project):
    other = make_project()
    set_aside(project, "ann", "ben")
    set_aside(other, "ann")

    answer = admin.post(f"{ASIDE}?project={project.pk}", {"visitor": ["ann"]}, follow=True)

    assert "1 is tried again now." in answer.content.decode()
    assert set(dues.set_aside(project.pk)) == {"ben"}
    assert set(dues.set_aside(other.pk)) == {"ann"}
    assert Due.objects.get(project=project, visitor_id="ann").tries == dues.MOST_TRIES - 1


def test_all_of_a_project_can_be_tried_again_at_once(admin, project):
    set_aside(project, "ann", "ben")

    admin.post(f"{ASIDE}?project={project.pk}", {"all": "1"})

    assert dues.set_aside(project.pk) == {}


def test_nothing_ticked_changes_nothing(admin, project):
    set_aside(project, "ann")

    answer = admin.post(f"{ASIDE}?project={project.pk}", {}, follow=True)

    assert "Nothing was ticked." in answer.content.decode()
    assert set(dues.set_aside(project.pk)) == {"ann"}


def test_an_empty_list_says_that_all_is_well(admin, project):
    assert "everything that has arrived could be counted" in admin.get(ASIDE).content.decode()


def test_ids_and_errors_are_no_html(admin, project):
    set_aside(project, '"><script>alert(1)</script>', error="<img src=x onerror=alert(2)>")

    page = admin.get(ASIDE).content.decode()

    assert "<script>alert(1)" not in page
    assert "<img src=x" not in page


def test_only_those_who_may_watch_may_try_again(client, project):
    set_aside(project, "ann")
    client.force_login(User.objects.create_user("reader", password="long enough", is_staff=True))

    assert client.post(f"{ASIDE}?project={project.pk}", {"all": "1"}).status_code == 403
    assert set(dues.set_aside(project.pk)) == {"ann"}


def test_the_page_costs_few_queries(admin, project, django_assert_num_queries):
    set_aside(project, *[f"v{number}" for number in range(150)])

    # who is logged in, the projects, and the list
    with django_assert_num_queries(4):
        page = admin.get(ASIDE)
    assert page.content.decode().count('name="visitor"') == 100
    assert "There are more" in page.content.decode()
