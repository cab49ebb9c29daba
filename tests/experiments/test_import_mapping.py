"""The mapping: what it may say, and how a mistake in it is told."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from experiments.importing.mapping import WrongMapping, read_mapping
from experiments.importing.orders import experiment_order, goal_order

EXAMPLES = Path(__file__).parents[2] / "docs" / "examples"
SMALLEST = """
[experiment]
key = "mail"
started_at = 2026-03-01
[arm]
column = "group"
control = "a"
values = { A = "a", B = "b" }
[[outcome]]
goal = "bought"
column = "bought"
kind = "binary"
role = "primary"
"""


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.toml")), ids=lambda path: path.stem)
def test_the_examples_of_the_documentation_can_be_read(path):
    assert read_mapping(path.read_text()).outcome


def test_a_day_is_its_midnight_in_the_zone_of_the_file():
    mapping = read_mapping(SMALLEST + '[time]\ncolumn = "at"\nzone = "Europe/Kyiv"')

    assert mapping.experiment.started_at == datetime(2026, 2, 28, 22, tzinfo=UTC)


def test_the_control_stands_first_and_each_variant_once():
    mapping = read_mapping(SMALLEST.replace("{ A", '{ C = "b", A'))

    assert mapping.variants == ["a", "b"]


def test_several_words_of_the_file_may_mean_one_variant():
    assert read_mapping(SMALLEST.replace("{ A", '{ Control = "a", A')).variants == ["a", "b"]


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('column = "group"', 'colum = "group"', "unknown field `colum` - at `arm`"),
        ('key = "mail"', "key = 5", "Expected `str`, got `int` - at `experiment.key`"),
        ('key = "mail"', 'key = "Mail!"', "[experiment] key"),
        ('control = "a"', 'control = "c"', "[arm] control"),
        ('B = "b"', 'B = "a"', "at least two variants"),
        ('kind = "binary"', 'kind = "sometimes"', "outcome[0].kind"),
        ('role = "primary"', 'role = "secondary"', "one goal decides"),
        ('role = "primary"', 'role = "primary"\nmeasure = "sum"', 'needs kind = "number"'),
        ("started_at = 2026-03-01", "started_at = 2026-03-01\nended_at = 2026-02-01", "later than started_at"),
        ("[arm]", "[time]\nzone = 'Mars'\n[arm]", "Europe/Kyiv"),
        ("[arm]", "[agrees]\ncolumn = 'page'\nvalues = { a = 'old' }\n[arm]", "one line for each variant"),
        ("[arm]", "[arm", "not TOML"),
    ],
)
def test_a_mistake_is_told_with_its_place(old, new, told):
    with pytest.raises(WrongMapping) as caught:
        read_mapping(SMALLEST.replace(old, new))

    assert told in str(caught.value)


def test_a_goal_is_ordered_with_what_the_mapping_says_and_no_more():
    mapping = read_mapping(
        SMALLEST + '[[outcome]]\ngoal = "net-spend"\ncolumn = "s"\nkind = "number"\ncurrency = "UAH"'
    )

    bought, spend = map(goal_order, mapping.outcome)

    assert bought == {
        "key": "bought",
        "level": "micro",
        "event": "bought",
        "measure": "once",
        "window": 30,
        "desired": "increase",
    }
    assert (spend["event"], spend["measure"]) == ("net_spend", "sum")
    assert (spend["property"], spend["currency"]) == ("value", "UAH")


def test_the_experiment_is_external_with_the_control_first():
    order = experiment_order(read_mapping(SMALLEST))

    assert order["kind"] == "external"
    assert [(variant["key"], variant["is_control"]) for variant in order["variants"]] == [("a", True), ("b", False)]
    assert order["goals"] == [{"goal": "bought", "role": "primary"}]


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.toml")), ids=lambda path: path.stem)
def test_the_documentation_shows_the_examples_as_they_are(path):
    assert path.read_text() in (EXAMPLES.parent / "import.md").read_text()
