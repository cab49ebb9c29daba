"""One person rebuilt from events: exposure, exclusion and values."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from experiments.bucketing import bucket_ranges
from experiments.plan import Plan, PlannedGoal, PlannedVariant
from experiments.rebuild import BEFORE, EXPOSURE, MOST_EVENTS, PersonFacts, Span, rebuild
from tracking.goals import Fact

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
BOUGHT = PlannedGoal(7, "purchase", "Purchase", "macro", "primary", "purchase", "once", 7, "increase")


def plan(kind="external", unit="visitor", coverage=1.0):
    bounds = bucket_ranges(2, coverage, [0.5, 0.5])
    variants = [
        PlannedVariant(key, key, key == "old", 0.5, limits, {})
        for key, limits in zip(("old", "new"), bounds, strict=True)
    ]
    return Plan("cta", kind, unit, "seed", coverage, 0.05, tuple(variants), (BOUGHT,))


def span(the_plan=None, ended_at=None):
    return Span(the_plan or plan(), 1, NOON, ended_at)


def met(variant, after=MINUTE, *, visitor="ann", source="import", **properties):
    return Fact(
        f"m{after}{visitor}",
        EXPOSURE,
        visitor,
        NOON + after,
        {"experiment": "cta", "variant": variant} | properties,
        source,
    )


def bought(after):
    return Fact(f"b{after}", "purchase", "ann", NOON + after, {})


def test_a_person_is_enrolled_at_the_first_exposure():
    found = rebuild(PersonFacts([met("new", 3 * MINUTE), met("new", MINUTE)]), span())

    assert (found.variant, found.exposed_at, found.excluded) == ("new", NOON + MINUTE, "")


def test_the_order_of_arrival_plays_no_part():
    facts = [bought(2 * MINUTE), met("new", 3 * MINUTE), met("new", MINUTE)]

    assert rebuild(PersonFacts(facts), span()) == rebuild(PersonFacts(facts[::-1]), span())
    assert rebuild(PersonFacts(facts), span()).values == {7: 1}


def test_a_person_in_two_variants_is_mixed_and_has_no_values():
    found = rebuild(PersonFacts([met("new"), met("old", 2 * MINUTE), bought(3 * MINUTE)]), span())

    assert (found.variant, found.excluded, found.values) == ("new", "mixed", {})


def test_an_external_arm_is_believed_only_from_an_import_key():
    for source in ("client", "secret"):
        assert rebuild(PersonFacts([met("new", source=source)]), span()).excluded == "mismatch"


def test_an_exposure_to_a_variant_nobody_planned_is_a_mismatch():
    found = rebuild(PersonFacts([met("blue")]), span())

    assert (found.variant, found.excluded) == ("", "mismatch")


def test_a_claim_that_the_seed_denies_is_a_mismatch():
    ours = plan(kind="cta")
    true = ours.variant_of("ann").key
    other = {"old": "new", "new": "old"}[true]

    assert rebuild(PersonFacts([met(true, source="client")]), span(ours)).excluded == ""
    assert rebuild(PersonFacts([met(other, source="client")]), span(ours)).excluded == "mismatch"


def test_a_believed_exposure_outweighs_a_doubtful_one_before_it():
    ours = plan(kind="cta")
    true = ours.variant_of("ann").key
    facts = [met({"old": "new", "new": "old"}[true]), met(true, 2 * MINUTE)]

    assert rebuild(PersonFacts(facts), span(ours)).exposed_at == NOON + 2 * MINUTE


def test_with_unit_user_the_user_id_is_what_was_assigned():
    ours = plan(kind="cta", unit="user")
    true = ours.variant_of("user-1").key

    assert rebuild(PersonFacts([met(true)], user_id="user-1"), span(ours)).excluded == ""


def test_outside_the_coverage_nobody_is_enrolled():
    assert (
        rebuild(PersonFacts([met("new", source="client")]), span(plan(kind="cta", coverage=0.0))).excluded == "mismatch"
    )


@pytest.mark.parametrize("after", [-MINUTE, 10 * MINUTE, 11 * MINUTE])
def test_an_exposure_outside_the_phase_is_none(after):
    assert rebuild(PersonFacts([met("new", after)]), span(ended_at=NOON + 10 * MINUTE)) is None


def test_a_conversion_after_the_stop_still_counts_inside_its_window():
    found = rebuild(PersonFacts([met("new"), bought(timedelta(days=3))]), span(ended_at=NOON + 10 * MINUTE))

    assert found.values == {7: 1}


def test_another_experiment_or_phase_is_not_this_one():
    assert rebuild(PersonFacts([met("new", experiment="other")]), span()) is None
    assert rebuild(PersonFacts([met("new", phase=2)]), span()) is None


def test_a_shared_computer_is_left_out():
    assert rebuild(PersonFacts([met("new")], shared=True), span()).excluded == "shared"


def test_a_test_visit_is_kept_apart():
    seen = met("new")
    marked = Fact(seen.event_id, seen.name, "ann", seen.occurred_at, seen.properties, "import", "test")

    assert rebuild(PersonFacts([marked]), span()).excluded == "test"


def test_covariates_come_from_the_first_exposure():
    facts = [met("new", covariates={"visits": 3}), met("new", 2 * MINUTE, covariates={"visits": 9})]

    assert rebuild(PersonFacts(facts), span()).covariates == {"visits": 3}


def test_a_person_with_too_many_events_is_set_aside():
    facts = [met("new"), *(bought(MINUTE + timedelta(seconds=n)) for n in range(MOST_EVENTS))]

    found = rebuild(PersonFacts(facts), span())

    assert (found.variant, found.excluded, found.values) == ("new", "too_many", {})


def test_what_a_person_did_in_the_days_before_is_kept_beside_and_never_counted():
    before = [bought(-timedelta(days=days)) for days in (1, 27, 30)]
    counting = plan()
    counting = replace(counting, goals=(replace(BOUGHT, measure="count"),))

    found = rebuild(PersonFacts([*before, met("new"), bought(2 * MINUTE)]), span(counting))

    assert found.values == {7: 1}
    assert found.covariates == {BEFORE: {"7": 2.0}}


def test_nobody_sends_a_past_of_their_own():
    found = rebuild(PersonFacts([met("new", covariates={BEFORE: {"7": 99}, "age": 30})]), span())

    assert found.covariates == {"age": 30}
