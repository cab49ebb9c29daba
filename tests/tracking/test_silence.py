"""Why nothing is there to see: the first thing that explains it."""

from datetime import UTC, datetime

import pytest

from tracking.admin.arrival_words import SILENCE
from tracking.silence import Signs, why_silent

LAST = datetime(2026, 3, 1, tzinfo=UTC)
USUAL = {"has_key": True, "script": True, "asks": False, "last": LAST}


@pytest.mark.parametrize(
    ("signs", "why"),
    [
        ({"has_key": False}, "no_key"),
        ({"last": None, "script": False}, "key_never_used"),
        ({"last": None}, "script_silent"),
        ({"last": None, "asks": True}, "consent_first"),
        ({}, "nothing_today"),
        ({"day": {("filtered", "consent"): 5, ("filtered", "gpc"): 1, ("rejected", "no_id"): 2}}, "consent"),
        ({"day": {("filtered", "consent"): 1, ("rejected", "no_id"): 2}}, "only_rejected"),
        ({"day": {("filtered", "erased"): 1}}, "only_filtered"),
        ({"day": {("stored", "bot"): 9, ("filtered", "consent"): 20}}, "only_bots"),
        ({"day": {("stored", "bot"): 9, ("stored", "test"): 1}}, "only_marked"),
        ({"day": {("stored", ""): 1, ("stored", "bot"): 9}}, "other_visitors"),
        ({"day": {("duplicate", ""): 1}}, "other_visitors"),
        ({"day": {("stored", ""): 1}, "script": False}, "script_not_seen"),
    ],
)
def test_the_first_thing_that_explains_it_is_named(signs, why):
    assert why_silent(Signs(**{**USUAL, **signs})) == why
    assert why in SILENCE
