"""Keys made from names."""

import pytest

from tracking.naming import event_of_click, key_for


@pytest.mark.parametrize(
    ("name", "key"),
    [("Green button!", "green-button"), ("  ", "thing"), ("Кнопка", "thing"), ("--", "thing"), ("x" * 99, "x" * 60)],
)
def test_a_key_is_a_slug_of_the_name(name, key):
    assert key_for(name, otherwise="thing") == key


def test_a_key_that_is_taken_gets_a_number():
    assert key_for("Hero", taken={"hero", "hero-2"}, otherwise="thing") == "hero-3"


def test_a_numbered_key_is_not_too_long():
    assert len(key_for("x" * 60, taken={"x" * 60}, otherwise="thing")) == 60


@pytest.mark.parametrize(("key", "event"), [("sign-up", "sign_up_click"), ("2-for-1", "goal_2_for_1_click")])
def test_the_event_of_a_click_is_a_legal_name(key, event):
    assert event_of_click(key) == event
