"""What GrowthBook's script can show of a variant: words and what a rule of CSS can say; the rest it leaves alone."""

import re
from pathlib import Path

import pytest

from experiments.delivery.growthbook_visual import INSET, ZOOM, changes_of
from tests.served import make_plan

CTA = Path(__file__).resolve().parents[2] / "tracking/client/src/variants/cta.ts"


def changes(payload, kind="cta"):
    return changes_of(make_plan(variants={"original": {}, "new": payload}, kind=kind))


def test_size_and_place_in_the_window_become_css():
    told = changes({"selector": "#buy", "size": "large", "sticky": "bottom"})

    assert told is not None
    assert told[1]["css"] == (
        "#buy{zoom:125%!important;position:fixed!important;inset:auto 0 12px!important;margin:0 auto!important;"
        "width:fit-content!important;z-index:9999!important;}"
    )


@pytest.mark.parametrize("more", [{"icon": "cart"}, {"microcopy": "Free"}, {"position": "first"}])
def test_what_it_cannot_show_alike_it_does_not_show_at_all(more):
    assert changes({"selector": "#buy", "text": "Go", **more}) is None


@pytest.mark.parametrize(
    ("kind", "payload"), [("form", {"selector": "#lead", "hide": ["phone"]}), ("popup", {"title": "Hello"})]
)
def test_forms_and_pop_ups_are_shown_by_our_own_script_alone(kind, payload):
    assert changes(payload, kind) is None


@pytest.mark.parametrize("value", ["1px;} body{display:none", "</style>", 5, ["large"]])
def test_only_known_sizes_and_places_get_into_the_css(value):
    assert changes({"selector": "#buy", "size": value, "sticky": value}) is None


def test_our_own_script_has_the_same_sizes_and_places():
    """A variant looks the same whoever shows it."""
    source = CTA.read_text()

    def table(name):
        found = re.search(rf"const {name}: Names = {{ (.*) }};", source)
        assert found is not None
        return dict(re.findall(r'(\w+): "([^"]+)"', found[1]))

    assert (table("SIZES"), table("STICKY")) == (ZOOM, INSET)
