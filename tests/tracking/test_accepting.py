"""From proposals to goals and triggers: made once, together, and live when asked."""

from decimal import Decimal

import pytest

from tests.factories import make_goal, make_project
from tracking.accepting import TooManyTriggers, accept
from tracking.drafts import Draft, GoalDraft, Said, TriggerDraft
from tracking.models import Goal, Trigger, TriggerVersion
from tracking.publishing import published
from tracking.triggers import MOST_TRIGGERS

pytestmark = pytest.mark.django_db


def draft(event, *triggers, **fields):
    return Draft(GoalDraft(Said(f"Did {event}"), event, **fields), triggers)


CALL = TriggerDraft("contact_click")
BUY = TriggerDraft("click", "buy", {"selector": "#buy"})


def test_goals_and_triggers_are_made_and_published():
    project = make_project()

    done = accept(project, [draft("buy", BUY)], author="mara", go_live=True)

    assert [goal.name for goal in done.goals] == ["Did buy"]
    assert done.version is not None
    assert (done.version.author, done.version.note) == ("mara", "1 goal added")
    assert [entry["event"] for entry in published([project.pk])[project.pk].body] == ["buy"]


def test_twice_is_the_same_as_once():
    project = make_project()

    for _ in range(2):
        done = accept(project, [draft("buy", BUY)], author="", go_live=True)

    assert (done.goals, done.triggers, done.version) == ((), (), None)
    assert (Goal.objects.count(), Trigger.objects.count(), TriggerVersion.objects.count()) == (1, 1, 1)


def test_a_trigger_that_tells_several_events_is_made_once():
    accept(make_project(), [draft("phone_click", CALL), draft("email_click", CALL)], author="", go_live=False)

    assert [(row.key, row.name, row.event) for row in Trigger.objects.all()] == [
        ("contact-click", "Calls, e-mails and maps", "")
    ]


def test_a_draft_that_hears_the_same_goes_live_and_others_do_not():
    project = make_project()
    accept(project, [draft("buy", BUY), draft("phone_click", CALL)], author="", go_live=False)

    accept(project, [draft("email_click", CALL)], author="", go_live=True)

    assert [entry["key"] for entry in published([project.pk])[project.pk].body] == ["contact-click"]


def test_keys_that_are_taken_get_a_number():
    project = make_project()
    make_goal(project, "buy", event="other")
    Trigger.objects.create(project=project, key="buy", name="Mine", kind="copy")

    accept(project, [draft("buy", BUY)], author="", go_live=False)

    assert Goal.objects.get(event="buy").key == "buy-2"
    assert Trigger.objects.get(event="buy").key == "buy-2"


def test_small_steps_lead_to_the_one_goal_that_pays():
    project = make_project()

    accept(project, [draft("step"), draft("order", level="macro")], author="", go_live=False)

    assert Goal.objects.get(event="step").leads_to == Goal.objects.get(event="order")


def test_where_two_goals_pay_nobody_guesses():
    wanted = [draft("step"), draft("order", level="macro"), draft("lead", level="macro")]

    accept(make_project(), wanted, author="", go_live=False)

    assert Goal.objects.get(event="step").leads_to is None


def test_a_step_is_worth_its_share():
    accept(make_project(), [draft("step", share=0.125)], author="", go_live=False, worth=Decimal("39.90"))

    assert Goal.objects.get().weight == Decimal("4.99")


def test_pages_are_sent_so_many_triggers_and_no_more():
    project = make_project()
    rows = [Trigger(project=project, key=f"t{n}", name="T", kind="copy", event=f"e{n}") for n in range(MOST_TRIGGERS)]
    Trigger.objects.bulk_create(rows)

    with pytest.raises(TooManyTriggers):
        accept(project, [draft("buy", BUY)], author="", go_live=True)

    assert not Goal.objects.exists()


def test_a_trigger_that_somebody_has_saved_in_the_admin_is_still_the_same():
    project = make_project()
    condition = {"subject": "page_path", "operator": "ends_with", "value": "/thanks"}
    thanks = draft("purchase", TriggerDraft("page_view", "purchase", {}, (condition,)))
    accept(project, [thanks], author="mara", go_live=False)
    project.triggers.update(conditions=[{"not": False, **condition}])
    Goal.objects.all().delete()

    accept(project, [thanks], author="mara", go_live=False)

    assert project.triggers.count() == 1
