"""The demo shop's visitors: the attributes that audiences ask for, the same for all that one of them does."""

from collections import Counter

from experiments.demo.visitors import COUNTRIES, MACHINES, attributes_of
from tracking.attributes import ATTRIBUTES, acceptable


def test_a_visitor_stays_the_same_and_has_only_attributes_that_are_known():
    told = attributes_of("demo-1")

    assert told == attributes_of("demo-1") == acceptable(told)
    assert told.keys() <= ATTRIBUTES.keys()


def test_device_browser_and_system_go_together_and_every_country_comes():
    everyone = [attributes_of(f"demo-{number}") for number in range(2_000)]

    assert {(one["deviceType"], one["browser"], one["os"]) for one in everyone} == MACHINES.keys()
    assert Counter(one["country"] for one in everyone).keys() == COUNTRIES.keys()
