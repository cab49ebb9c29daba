"""…/forecast/: asked with manage, answered by a worker, read with read."""

import pytest
from django.utils import timezone

from experiments.api.forecast_examples import BODY, FORECAST, NOT_ASKED, PENDING
from experiments.forecasting import answer_asked
from experiments.lifecycle import start
from tests.experiments.api.test_schema import complaints
from tests.factories import make_experiment, make_goal, make_project
from tests.past import came
from tests.rest import Rest, queries, rest_of

pytestmark = pytest.mark.django_db
FORECAST_OF_HERO = "experiments/hero/forecast/"


@pytest.fixture
def shop():
    return make_project("shop")


@pytest.fixture
def rest(shop):
    return rest_of(shop)


@pytest.fixture
def hero(shop):
    purchase = make_goal(shop, "purchase", level="macro")
    cart = make_goal(shop, "add-to-cart", name="Put in the cart", leads_to=purchase)
    return make_experiment(shop, "hero", goals=[purchase, cart], minimum_effect=0.25)


@pytest.fixture(scope="module")
def document():
    return Rest().ask("GET", "schema/?format=json").json()


def test_it_is_asked_for_waited_for_and_read(shop, rest, hero):
    came(shop, timezone.now(), 280, did={"purchase": 28, "add_to_cart": 56})
    assert rest("GET", FORECAST_OF_HERO)[1]["status"] == "not_asked"

    status, asked = rest("POST", FORECAST_OF_HERO, {})
    assert (status, asked["status"], asked["forecast"]) == (202, "pending", None)
    assert rest("GET", FORECAST_OF_HERO) == (202, asked)
    answer_asked(timezone.now())

    status, found = rest("GET", FORECAST_OF_HERO)
    assert (status, found["status"]) == (200, "ready")
    assert [goal["baseline"]["mean"] for goal in found["forecast"]["goals"]] == [0.1, 0.2]
    assert rest("POST", FORECAST_OF_HERO, {})[1]["forecast"] == found["forecast"], "the last one stays until then"


def test_expected_numbers_stand_in_for_a_history_that_is_not_there(rest, hero):
    rest.ok("POST", FORECAST_OF_HERO, {"people_per_day": 420, "rates": {"purchase": 0.031}})
    answer_asked(timezone.now())

    goals = rest.ok("GET", FORECAST_OF_HERO)["forecast"]["goals"]

    assert goals[0]["baseline"]["assumed"] is True
    assert goals[0]["needed"]["weeks"] == 7
    assert goals[1]["needed"]["reason"]["code"] == "no_history"


@pytest.mark.parametrize(
    ("order", "error"),
    [
        ({"peeple": 1}, ("unknown", "peeple")),
        ({"people_per_day": 0}, ("min_value", "people_per_day")),
        ({"people_per_day": 1e9}, ("max_value", "people_per_day")),
        ({"rates": {"purchase": 1}}, ("max_value", "rates.purchase")),
        ({"rates": {"purchase": "0.1"}}, ("invalid", "rates.purchase")),
        ({"rates": {"spare": 0.1}}, ("does_not_exist", "rates")),
        ({"rates": [0.1]}, ("not_a_dict", "rates")),
    ],
)
def test_an_order_that_cannot_be_understood_is_refused_with_its_place(rest, hero, order, error):
    assert rest.refused("POST", FORECAST_OF_HERO, order) == (400, [error])


def test_a_failure_is_told(rest, hero):
    hero.alpha = 7
    hero.save()
    came(hero.project, timezone.now(), 10)
    rest.ok("POST", FORECAST_OF_HERO, {})
    answer_asked(timezone.now())

    found = rest.ok("GET", FORECAST_OF_HERO)

    assert (found["status"], found["forecast"]) == ("failed", None)
    assert "alpha" in found["error"]


def test_the_plan_of_what_has_started_stands(rest, hero):
    start(hero, at=timezone.now())

    assert rest.refused("POST", FORECAST_OF_HERO, {}) == (409, [("not_a_draft", None)])
    assert rest.ok("GET", FORECAST_OF_HERO)["status"] == "not_asked"


def test_reading_needs_read_and_asking_needs_manage(shop, hero):
    reader = rest_of(shop, "read")

    assert reader("GET", FORECAST_OF_HERO)[0] == 200
    assert reader.refused("POST", FORECAST_OF_HERO, {})[0] == 403
    assert rest_of(make_project("other")).refused("GET", FORECAST_OF_HERO)[0] == 404


def test_a_forecast_costs_few_queries(rest, hero):
    with queries(8):
        rest.ok("POST", FORECAST_OF_HERO, {})
    with queries(3):
        rest.ok("GET", FORECAST_OF_HERO)


@pytest.mark.parametrize("example", [FORECAST, PENDING, NOT_ASKED])
def test_the_examples_are_described_to_the_last_field(document, example):
    assert complaints(document, "Forecast", example) == []


def test_the_example_is_what_the_worker_works_out(shop, rest, hero):
    rates = {"purchase": 364 / 11_760, "add-to-cart": 0.2}
    rest.ok("POST", FORECAST_OF_HERO, {"people_per_day": 420, "rates": rates})
    answer_asked(timezone.now())

    computed = rest.ok("GET", FORECAST_OF_HERO)["forecast"]

    assert computed["recommended"] == BODY["recommended"]
    for goal, shown in zip(computed["goals"], BODY["goals"], strict=True):
        assert goal.keys() == shown.keys()
        assert goal["needed"] == shown["needed"]
        assert goal["detectable"] == pytest.approx(shown["detectable"], rel=1e-9)
