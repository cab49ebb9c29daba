"""Who was seen in a period: counted whole, and sampled alike however often one asks."""

from datetime import UTC, date, datetime, timedelta

import pytest

from tests.factories import make_project
from tests.past import did
from tracking.queries import visitors_seen

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


@pytest.fixture
def shop():
    return make_project()


def test_a_visitor_counts_once_on_the_day_it_was_first_seen_in_the_period(shop):
    for at in (NOON - 3 * DAY, NOON - DAY, NOON):
        did(shop, "ann", "page_view", at)
    did(shop, "ben", "page_view", NOON)

    seen = visitors_seen(shop.id, NOON - 2 * DAY, NOON + HOUR, most=10)

    assert seen.sample == {"ann": NOON - DAY, "ben": NOON}
    assert seen.by_day == {date(2026, 3, 9): 1, date(2026, 3, 10): 1}


def test_the_end_of_the_period_is_outside_it(shop):
    did(shop, "ann", "page_view", NOON)

    assert visitors_seen(shop.id, NOON - DAY, NOON, most=10).people == 0
    assert visitors_seen(shop.id, NOON, NOON + DAY, most=10).people == 1


def test_robots_and_the_visitors_of_others_are_not_seen(shop):
    did(shop, "robot", "page_view", NOON, excluded="bot")
    did(make_project(), "ann", "page_view", NOON)

    assert visitors_seen(shop.id, NOON - DAY, NOON + DAY, most=10).people == 0


def test_who_was_never_logged_in_can_be_left_out(shop):
    did(shop, "ann", "page_view", NOON)
    did(shop, "ann", "page_view", NOON + HOUR, user="u1")
    did(shop, "ben", "page_view", NOON)

    seen = visitors_seen(shop.id, NOON - DAY, NOON + DAY, most=10, with_user=True)

    assert seen.sample == {"ann": NOON + HOUR}


def test_the_sample_is_bounded_and_the_same_each_time_and_the_count_is_whole(shop):
    for number in range(30):
        did(shop, f"visitor-{number}", "page_view", NOON + number * HOUR)

    first, again = (visitors_seen(shop.id, NOON, NOON + 3 * DAY, most=10) for _ in range(2))

    assert (len(first.sample), first.people) == (10, 30)
    assert first.sample == again.sample
    # Not just the first or the last ones to come.
    assert len({moment.date() for moment in first.sample.values()}) > 1
