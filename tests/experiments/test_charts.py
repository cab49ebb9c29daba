"""Charts as plain specifications: what they show, and that any JSON reader can take them."""

import json

import pytest

from experiments.charts import DARK, LIGHT, Bar, Day, days_spec, lift_spec, scale_of


def marks(spec, **wanted):
    return [layer for layer in spec["layer"] if wanted.items() <= layer["mark"].items()]


@pytest.mark.parametrize("ends", [(0.1, 0.3), (-0.3, -0.1), (-0.2, 0.2), (0.0, 0.0)])
def test_a_scale_always_shows_zero(ends):
    scale = scale_of([Bar(sum(ends) / 2, *ends)])

    assert scale.low < 0 < scale.high
    assert 0.0 in scale.ticks


def test_a_block_without_numbers_has_a_scale_too():
    scale = scale_of([])

    assert scale.low < 0 < scale.high


def test_one_very_wide_interval_does_not_flatten_its_neighbours():
    usual = [Bar(0.05, -0.1, 0.2), Bar(0.1, -0.05, 0.25)]

    scale = scale_of([*usual, Bar(3.0, -0.9, 40.0)])

    assert scale.high < 1.2


@pytest.mark.parametrize("ends", [(-0.01, 0.62), (-0.9, 0.004), (None, 0.5), (-0.05, None), (-0.003, 0.003)])
def test_each_side_that_a_bar_reaches_has_a_label(ends):
    ticks = scale_of([Bar(0.0, *ends)]).ticks

    assert min(ticks) < 0 < max(ticks)


def test_an_interval_is_one_bar():
    bar = Bar(0.05, -0.1, 0.2)

    spec = lift_spec(bar, scale_of([bar]), axis=False)

    assert len(marks(spec, strokeCap="round")) == 1


def test_ticks_keep_away_from_the_edges():
    scale = scale_of([Bar(0.2, -0.31, 0.71)])
    edge = 0.05 * (scale.high - scale.low)

    assert all(scale.low + edge < tick < scale.high - edge for tick in scale.ticks)


def test_an_interval_within_the_scale_has_no_arrow():
    bar = Bar(0.05, -0.1, 0.2)

    spec = lift_spec(bar, scale_of([bar]), axis=True)

    assert not marks(spec, shape="triangle-left") + marks(spec, shape="triangle-right")


def test_an_unbounded_end_is_drawn_to_the_edge_with_an_arrow():
    bar = Bar(0.4, 0.1, None)
    scale = scale_of([bar])

    spec = lift_spec(bar, scale, axis=False)

    assert spec["data"]["values"][0]["high"] == scale.high
    assert marks(spec, shape="triangle-right")
    assert not marks(spec, shape="triangle-left")


def test_a_guardrail_shows_where_its_tolerance_ends():
    bar = Bar(0.0, -0.1, 0.1, margin=-0.02)

    spec = lift_spec(bar, scale_of([bar]), axis=False)

    assert marks(spec, strokeDash=[3, 3])[0]["encoding"]["x"] == {"datum": -0.02}


def test_colours_are_parameters_with_a_dark_twin():
    bar = Bar(0.1, 0.05, 0.15, "good")

    spec = lift_spec(bar, scale_of([bar]), axis=True)

    assert {"name": "tone", "value": LIGHT["good"]} in spec["params"]
    assert spec["usermeta"]["dark"]["tone"] == DARK["good"]
    assert {param["name"] for param in spec["params"]} == set(spec["usermeta"]["dark"])


def test_only_the_row_that_was_asked_carries_the_axis():
    bar = Bar(0.1, 0.05, 0.15)
    scale = scale_of([bar])

    with_axis, without = (lift_spec(bar, scale, axis=axis)["encoding"]["x"]["axis"] for axis in (True, False))

    assert with_axis["values"] == list(scale.ticks)
    assert without is None


@pytest.mark.parametrize(
    "bar",
    [
        Bar(0.1, 0.0, 0.2, band=(None, 0.3)),
        Bar(0.0, None, None),
        Bar(1e9, 1e8, None),
        Bar(-1.0, -1.0, -0.99),
        Bar(1e-12, 0.0, 1e-11),
    ],
)
def test_every_spec_is_strict_json(bar):
    spec = lift_spec(bar, scale_of([bar]), axis=True)

    assert json.loads(json.dumps(spec, allow_nan=False)) == spec


def test_a_pale_band_lies_under_the_bar_and_inside_the_scale():
    bar = Bar(0.05, -0.1, 0.2, band=(-0.2, None))
    scale = scale_of([bar])

    spec = lift_spec(bar, scale, axis=False)

    drawn = [layer["mark"].get("opacity") for layer in spec["layer"] if layer["mark"]["type"] == "rule"]
    assert drawn == [None, 0.16, 0.4], "zero, band, bar"
    values = spec["data"]["values"][0]
    assert (values["from"], values["to"]) == (-0.2, scale.high)


def test_a_band_that_goes_on_for_ever_does_not_flatten_the_bar():
    scale = scale_of([Bar(0.05, -0.1, 0.2, band=(-0.9, 40.0))])

    assert scale.high < 1.2


def test_the_effect_by_day_has_a_point_and_an_interval_for_each_day_and_shows_zero():
    days = [Day("2026-11-03", 1.5, -0.5, 3.5), Day("2026-11-04", 0.5, None, 2.0)]

    spec = days_spec(days)

    assert json.loads(json.dumps(spec, allow_nan=False)) == spec
    assert [value["low"] for value in spec["data"]["values"]] == [-0.5, -0.5], "unbounded: as far as the others go"
    assert [layer["mark"]["type"] for layer in spec["layer"]] == ["rule", "rule", "point"]
    assert spec["layer"][0]["encoding"]["y"] == {"datum": 0}
