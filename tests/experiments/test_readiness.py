"""What keeps an experiment from starting, sentence by sentence."""

from datetime import timedelta

import pytest
from django.utils import timezone

from experiments import lifecycle
from tests.factories import make_experiment, make_project

pytestmark = pytest.mark.django_db

PAGES = [{"include": True, "kind": "simple", "pattern": "/old"}]
HEAVY = [{"include": True, "kind": "regex", "pattern": f"(a{{20}}){{40}}{number}"} for number in range(40)]
ELSEWHERE = ["original", {"key": "new", "payload": {"url": "https://www.shop.example/new"}}]


def problems(project=None, **fields):
    experiment = make_experiment(project or make_project(), **fields)
    return lifecycle.problems_before_start(experiment, at=timezone.now())


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"coverage": 0.0}, ["nobody would take part"]),
        ({"stops_by_itself": True}, ["say when"]),
        ({"condition": {"country": {"$is": "PL"}}}, ["Audience"]),
        ({"pages": [{"include": True, "kind": "regex", "pattern": "("}]}, ["(: "]),
        ({"pages": HEAVY}, ["too many steps together"]),
        ({"pages": [{"pattern": 1}]}, ["cannot be read"]),
        (
            {"key": "me", "prerequisites": [{"experiment": "me", "variants": ["green"]}]},
            ["its own people", "not running"],
        ),
        ({"kind": "external", "pages": PAGES}, ["Another system"]),
        ({"kind": "external", "condition": {"country": "PL"}}, ["Another system"]),
        ({"kind": "redirect", "variants": ELSEWHERE, "pages": PAGES}, ["www.shop.example/new is on a host"]),
        ({"kind": "redirect", "variants": ["original", {"key": "new", "payload": {"url": "/new"}}]}, ["which pages"]),
    ],
)
def test_each_obstacle_is_told_in_a_sentence(fields, words):
    found = problems(**fields)

    assert len(found) == len(words), found
    assert all(word in sentence for word, sentence in zip(words, found, strict=True)), found


def test_a_redirect_to_a_listed_host_from_some_pages_may_start():
    shop = make_project(redirect_hosts=["www.shop.example"])

    assert problems(shop, kind="redirect", variants=ELSEWHERE, pages=PAGES) == []


def test_only_what_the_experiment_itself_lacks_keeps_it_from_the_schedule():
    now = timezone.now()
    rows = [{"experiment": "not-yet", "variants": ["green"]}]
    experiment = make_experiment(make_project(), prerequisites=rows, starts_at=now + timedelta(days=1))

    assert lifecycle.problems_before_schedule(experiment, now=now) == []
    assert len(lifecycle.problems_before_start(experiment, at=now)) == 1
    assert len(lifecycle.problems_before_schedule(experiment, now=now + timedelta(days=2))) == 1
