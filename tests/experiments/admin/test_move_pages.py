"""Every button of every state: it asks in plain words, does it once, and is offered only where it fits."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission, User
from django.urls import reverse
from django.utils import timezone

from experiments import lifecycle
from experiments.models import Experiment
from tests.factories import make_experiment
from tests.rest import queries

BUTTONS = {
    "draft": {"plan_test", "schedule_test", "start_test"},
    "scheduled": {"cancel_schedule", "start_test"},
    "running": {"widen_test", "next_phase", "ship_test", "pause_test", "stop_test"},
    "paused": {"widen_test", "next_phase", "ship_test", "resume_test", "stop_test"},
    "stopped": {"next_phase", "archive_test", "ship_test"},
    "shipped": {"take_back"},
    "archived": {"bring_back"},
}
STEPS = {
    "draft": (),
    "scheduled": ("schedule",),
    "running": ("start",),
    "paused": ("start", "pause"),
    "stopped": ("start", "stop"),
    "shipped": ("start", "ship"),
    "archived": ("start", "stop", "archive"),
}
# From, by which button, to.
MOVES = [
    ("draft", "schedule_test", "scheduled"),
    ("draft", "start_test", "running"),
    ("scheduled", "cancel_schedule", "draft"),
    ("scheduled", "start_test", "running"),
    ("running", "pause_test", "paused"),
    ("running", "stop_test", "stopped"),
    ("paused", "resume_test", "running"),
    ("paused", "stop_test", "stopped"),
    ("stopped", "archive_test", "archived"),
    ("archived", "bring_back", "stopped"),
    ("shipped", "take_back", "stopped"),
]


def url(experiment, name):
    return reverse(f"admin:experiments_experiment_{name}", args=[experiment.pk])


def told(answer):
    return [str(message) for message in answer.context["messages"]]


def advance(experiment, step):
    now = timezone.now()
    verbs = {
        "schedule": lambda: lifecycle.schedule(experiment, now=now),
        "start": lambda: lifecycle.start(experiment, at=now - timedelta(days=2)),
        "pause": lambda: lifecycle.pause(experiment, at=now),
        "stop": lambda: lifecycle.stop(experiment, at=now, now=now),
        "ship": lambda: lifecycle.ship(experiment, "green", now=now),
        "archive": lambda: lifecycle.archive(experiment),
    }
    verbs[step]()


@pytest.fixture
def experiment(project):
    later = timezone.now() + timedelta(days=3)
    return make_experiment(project, "hero", name="Hero button", coverage=0.5, starts_at=later)


def reach(experiment, state):
    for step in STEPS[state]:
        advance(experiment, step)
    return experiment


@pytest.mark.parametrize("state", BUTTONS)
def test_each_state_offers_what_fits_it(admin, experiment, state):
    shown = admin.get(url(reach(experiment, state), "change")).content.decode()

    everything = set().union(*BUTTONS.values())
    assert {name for name in everything if f'href="{url(experiment, name)}"' in shown} == BUTTONS[state]


@pytest.mark.parametrize(("state", "button", "after"), MOVES)
def test_each_move_asks_first_and_then_does_it_once(admin, experiment, state, button, after):
    reach(experiment, state)

    asked = admin.get(url(experiment, button))
    before = Experiment.objects.values_list("status", flat=True).get()
    done = admin.post(url(experiment, button), follow=True)
    again = admin.post(url(experiment, button), follow=True)

    assert (asked.status_code, before) == (200, "stopped" if state == "shipped" else state)
    assert Experiment.objects.values_list("status", "shipped_variant").get() == (after, "")
    assert (len(told(done)), done.redirect_chain[-1][1], again.status_code) == (1, 302, 200)


@pytest.mark.parametrize("state", BUTTONS)
def test_a_button_of_another_state_changes_nothing(admin, experiment, state):
    reach(experiment, state)
    before = Experiment.objects.values_list("status", "shipped_variant", "coverage").get()
    foreign = set().union(*BUTTONS.values()) - BUTTONS[state] - {"plan_test", "archive_test"}

    for name in sorted(foreign):
        admin.post(url(experiment, name), {"variant": "green", "coverage": "100"})

    assert Experiment.objects.values_list("status", "shipped_variant", "coverage").get() == before


def test_a_shipped_variant_is_chosen_and_named(admin, experiment):
    reach(experiment, "running")

    nothing = admin.post(url(experiment, "ship_test"))
    answer = admin.post(url(experiment, "ship_test"), {"variant": "green"}, follow=True)

    assert nothing.status_code == 200
    experiment.refresh_from_db()
    assert (experiment.status, experiment.shipped_variant) == ("stopped", "green")
    assert told(answer) == ["“Green” of “Hero button” is shipped to everyone."]
    assert "“Green” is shipped: everyone" in answer.content.decode()


def test_what_is_shipped_is_not_archived(admin, experiment):
    reach(experiment, "shipped")

    answer = admin.post(url(experiment, "archive_test"))

    assert "take it back first" in answer.content.decode()
    assert Experiment.objects.get().status == "stopped"


def test_more_visitors_can_be_taken_but_not_fewer(admin, experiment):
    reach(experiment, "running")

    fewer = admin.post(url(experiment, "widen_test"), {"coverage": "40"})
    admin.post(url(experiment, "widen_test"), {"coverage": "80"})

    assert "people would lose the variant they know" in fewer.content.decode()
    assert Experiment.objects.get().coverage == 0.8


def test_a_schedule_without_a_time_says_what_is_missing(admin, project):
    draft = make_experiment(project, "hero")

    answer = admin.post(url(draft, "schedule_test"))

    assert "Say when it should start." in answer.context["problems"]
    assert f'href="{url(draft, "change")}"' in answer.content.decode()
    assert Experiment.objects.get().status == "draft"


@pytest.mark.parametrize("ask", ["get", "post"])
def test_what_keeps_a_test_from_the_schedule_is_told_at_once_and_then_there_is_no_button(admin, experiment, ask):
    ready = admin.get(url(experiment, "schedule_test")).content.decode()
    experiment.variants.filter(key="green").delete()

    lacking = getattr(admin, ask)(url(experiment, "schedule_test")).content.decode()

    assert ("Schedule the start</button>" in ready, "cannot be done yet" in ready) == (True, False)
    assert "Add at least two variants" in lacking
    assert "Schedule the start</button>" not in lacking
    assert Experiment.objects.get().status == "draft"


def test_a_schedule_that_failed_says_why_on_the_page(admin, project):
    draft = make_experiment(project, "hero", schedule_problem="Choose the primary goal.\nAdd a variant.")

    shown = admin.get(url(draft, "change")).content.decode()

    assert "<li>Choose the primary goal.</li><li>Add a variant.</li>" in shown


@pytest.mark.parametrize("name", sorted(set().union(*BUTTONS.values()) - {"plan_test"}))
def test_only_those_who_may_change_can_move(client, experiment, name):
    reader = User.objects.create_user("reader", is_staff=True)
    reader.user_permissions.add(Permission.objects.get(codename="view_experiment"))
    client.force_login(reader)

    assert client.post(url(experiment, name)).status_code == 403
    assert Experiment.objects.get().status == "draft"


def test_the_pages_of_moves_cost_few_queries(admin, experiment):
    reach(experiment, "running")

    # session, user, the experiment with project, primaries and phases; then goals, or the plan of the phase
    for name in ("stop_test", "ship_test", "widen_test", "pause_test"):
        with queries(6):
            assert admin.get(url(experiment, name)).status_code == 200
