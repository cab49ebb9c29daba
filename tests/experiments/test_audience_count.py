"""How many recent visitors rules would let in, counted of what they told; and what is honest to say of few."""

from datetime import timedelta

from django.utils import timezone

from experiments.audience_count import SAMPLE, count_matching, matched
from experiments.models import SavedGroup
from tests.factories import make_project
from tracking.models import Event

NOW = timezone.now()
PHONE = {"deviceType": "mobile", "country": "PL"}
DESK = {"deviceType": "desktop", "country": "DE"}


def test_visitors_are_counted_by_what_they_told():
    found = matched([PHONE, PHONE, DESK, {}], {"deviceType": "mobile"}, {})

    assert (found.visitors, found.told, found.matching, found.silent, found.sampled) == (4, 3, 2, (), False)


def test_what_none_of_them_told_is_named():
    found = matched([PHONE, DESK], {"$or": [{"plan": "pro"}, {"country": "PL"}]}, {})

    assert (found.matching, found.silent) == (1, ("plan",))


def test_without_rules_everybody_matches_and_nothing_is_missing():
    found = matched([PHONE, DESK], {}, {})

    assert (found.matching, found.silent) == (2, ())


def test_nobody_is_nobody():
    found = matched([], {"country": "PL"}, {})

    assert (found.visitors, found.told, found.matching, found.silent) == (0, 0, 0, ("country",))


def test_a_full_sample_says_that_it_is_one():
    assert matched([PHONE] * SAMPLE, {}, {}).sampled


def come(project, visitor, **attributes):
    Event.objects.create(
        project=project,
        event_id=f"e-{visitor}",
        name="page_view",
        visitor_id=visitor,
        occurred_at=NOW - timedelta(hours=1),
        source="client",
        context={"attributes": attributes},
    )


def test_visitors_and_lists_are_those_of_the_project(db):
    shop, other = make_project(), make_project()
    SavedGroup.objects.create(project=shop, key="vip", name="Vip", values=["ann"])
    SavedGroup.objects.create(project=other, key="vip", name="Vip", values=["bob", "eve"])
    for visitor in ("ann", "bob"):
        come(shop, visitor, plan=visitor)
    come(other, "eve", plan="ann")

    found = count_matching(shop.pk, {"plan": {"$inGroup": "vip"}}, now=NOW)

    assert (found.visitors, found.matching) == (2, 1)
