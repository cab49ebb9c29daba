"""Who may enter a phase: holdout, exclusion group, other tests and lists, frozen at its start."""

import pytest
from django.utils import timezone

from experiments import lifecycle
from experiments.bucketing import bucket
from experiments.holdouts import is_locked, set_holdout
from experiments.models import Experiment, Holdout, Namespace, SavedGroup
from experiments.namespaces import first_gap, largest_gap
from experiments.phases import plan_of
from tests.factories import make_experiment, make_project

pytestmark = pytest.mark.django_db

PEOPLE = [f"visitor-{number}" for number in range(4000)]


@pytest.fixture
def project():
    return make_project()


@pytest.fixture
def group(project):
    return Namespace.objects.create(project=project, key="checkout", name="Checkout")


def started(project, key="", **fields):
    return plan_of(lifecycle.start(make_experiment(project, key, **fields), at=timezone.now()).plan)


def takers(plan):
    return {visitor for visitor in PEOPLE if plan.variant_of(visitor)}


def problems(project, **fields):
    with pytest.raises(lifecycle.NotReady) as missing:
        started(project, **fields)
    return missing.value.problems


def test_the_holdout_meets_no_experiment_that_starts_after_it_was_set(project):
    before = started(project)
    set_holdout(project, 0.2)
    seed = Holdout.objects.get().seed
    one, other = started(project), started(project)

    held = {visitor for visitor in PEOPLE if bucket(seed, visitor) < 0.2}

    assert takers(before) == set(PEOPLE)
    assert takers(one) == takers(other) == set(PEOPLE) - held
    assert [entry.reason for entry in one.filters] == ["holdout"]


def test_a_holdout_is_locked_while_a_test_keeps_it_out(project):
    set_holdout(project, 0.1)
    experiment = make_experiment(project)
    lifecycle.start(experiment, at=timezone.now())
    lifecycle.pause(experiment, at=timezone.now())

    with pytest.raises(lifecycle.Frozen):
        set_holdout(project, 0.2)
    set_holdout(project, 0.1)

    lifecycle.stop(experiment, at=timezone.now(), now=timezone.now())
    seed = Holdout.objects.get().seed
    assert not is_locked(project)
    assert (set_holdout(project, 0.2).share, set_holdout(project, 0.2).seed) == (0.2, seed)


def test_a_holdout_of_nobody_leaves_no_filter(project):
    set_holdout(project, 0)

    assert started(project).filters == ()


def test_tests_of_one_exclusion_group_share_nobody(project, group):
    first = started(project, namespace=group, namespace_share=0.3)
    second = started(project, namespace=group, namespace_share=0.5)

    assert not takers(first) & takers(second)
    assert [plan.filters[0].ranges for plan in (first, second)] == [((0.0, 0.3),), ((0.3, 0.8),)]
    assert len(takers(first)) == pytest.approx(0.3 * len(PEOPLE), rel=0.1)


def test_a_full_exclusion_group_says_how_much_is_free(project, group):
    started(project, namespace=group, namespace_share=0.75)

    (sentence,) = problems(project, namespace=group, namespace_share=0.3)

    assert "25 %" in sentence
    assert "30 %" in sentence
    assert Experiment.objects.filter(status="draft").count() == 1


def test_a_place_in_a_group_is_free_again_after_the_stop(project, group):
    first = make_experiment(project, namespace=group, namespace_share=0.6)
    lifecycle.start(first, at=timezone.now())
    started(project, namespace=group, namespace_share=0.4)
    lifecycle.stop(first, at=timezone.now(), now=timezone.now())

    assert started(project, namespace=group, namespace_share=0.6).filters[0].ranges == ((0.0, 0.6),)


@pytest.mark.parametrize(
    ("taken", "share", "gap", "largest"),
    [
        ([], 1.0, (0.0, 1.0), 1.0),
        ([(0.0, 1.0)], 0.001, None, 0.0),
        ([(0.2, 0.5), (0.0, 0.1)], 0.3, (0.5, 0.8), 0.5),
        ([(0.2, 0.5), (0.0, 0.1)], 0.1, (0.1, 0.2), 0.5),
        ([(0.1, 0.9), (0.2, 0.3)], 0.2, None, 0.1),
        ([(0.0, 1 / 3)], 2 / 3, (0.333, 1.0), 0.667),
    ],
)
def test_the_first_gap_that_is_wide_enough_is_taken(taken, share, gap, largest):
    assert first_gap(taken, share) == gap
    assert largest_gap(taken) == largest


def test_a_test_on_top_of_another_takes_only_people_of_its_variants(project):
    set_holdout(project, 0.1)
    below = started(project, "menu", coverage=0.6, condition={"country": "PL"})
    above = started(project, prerequisites=[{"experiment": "menu", "variants": ["green"]}], condition={"n": {"$gt": 1}})

    green = {visitor for visitor in takers(below) if below.variant_of(visitor).key == "green"}

    assert takers(above) == green
    assert above.condition == {"$and": [{"n": {"$gt": 1}}, {"country": "PL"}]}
    assert [entry.reason for entry in above.filters] == ["holdout", "prerequisite"]


@pytest.mark.parametrize(
    ("other", "word"),
    [
        (None, "not running"),
        ({"kind": "external"}, "another system"),
        ({"unit": "user"}, "unit"),
        ({"variants": ["original", "blue"]}, "original, blue"),
    ],
)
def test_a_test_that_cannot_be_built_upon_is_named(project, other, word):
    if other:
        started(project, "menu", **other)

    (sentence,) = problems(project, prerequisites=[{"experiment": "menu", "variants": ["green"]}])

    assert word in sentence


def test_nobody_could_be_in_two_tests_of_one_group(project, group):
    started(project, "menu", namespace=group, namespace_share=0.4)
    rows = [{"experiment": "menu", "variants": ["green"]}]

    (sentence,) = problems(project, namespace=group, namespace_share=0.4, prerequisites=rows)

    assert "same exclusion group" in sentence


BOTH = ["original", "green"]


def test_a_test_that_nobody_could_enter_does_not_start(project, group):
    started(project, "left", namespace=group, namespace_share=0.4)
    started(project, "right", namespace=group, namespace_share=0.4)
    started(project, "above-left", prerequisites=[{"experiment": "left", "variants": BOTH}])

    both_sides = [{"experiment": key, "variants": BOTH} for key in ("left", "right")]
    (of_two_pieces,) = problems(project, prerequisites=both_sides)
    far_below = [{"experiment": "above-left", "variants": BOTH}]
    (beside_its_own,) = problems(project, namespace=group, namespace_share=0.2, prerequisites=far_below)

    assert of_two_pieces == beside_its_own
    assert of_two_pieces.startswith("Nobody could enter")
    assert takers(started(project, prerequisites=far_below)), "one piece alone is no obstacle"


def test_a_phase_keeps_the_lists_it_started_with(project):
    customers = SavedGroup.objects.create(project=project, key="customers", name="Customers", values=["ann", 7])
    below = started(project, "menu", condition={"id": {"$inGroup": "customers"}})
    customers.values = ["bob"]
    customers.save()

    rows = [{"experiment": "menu", "variants": ["green"]}]
    above = started(project, condition={"id": {"$notInGroup": "customers"}}, prerequisites=rows)

    assert below.groups == {"customers": ("ann", 7)}
    assert above.groups == {"customers": ("bob",), "customers@menu-1": ("ann", 7)}
    assert above.condition["$and"][1] == {"id": {"$inGroup": "customers@menu-1"}}
    assert (below.private_groups, above.private_groups) == (("customers",), ("customers", "customers@menu-1"))


def test_a_list_that_pages_may_read_is_not_held_back(project):
    SavedGroup.objects.create(project=project, key="countries", name="Countries", values=["PL"], public=True)

    assert started(project, condition={"country": {"$inGroup": "countries"}}).private_groups == ()


def test_a_list_that_is_not_there_keeps_the_test_from_starting(project):
    SavedGroup.objects.create(project=make_project(), key="theirs", name="Theirs", values=["ann"])

    (sentence,) = problems(project, condition={"$or": [{"id": {"$inGroup": "theirs"}}, {"x": 1}]})

    assert "theirs" in sentence
