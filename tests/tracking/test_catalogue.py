"""The catalogue: every goal and trigger in it can be made as it is, and each set keeps to a dozen."""

import pytest

from tracking.catalogue import A_DOZEN, SETS
from tracking.models import EVENT_NAME, Category, Stage, measure_choices
from tracking.triggers import complaints, conditions_complaints, event_complaint, with_defaults

DRAFTS = [pytest.param(draft, id=f"{key}-{draft.goal.event}") for key, one in SETS.items() for draft in one.drafts]


def test_there_is_a_set_for_each_kind_of_site():
    assert list(SETS) == ["shop", "b2b", "saas", "content", "local"]
    assert all(5 <= len(one.drafts) <= A_DOZEN for one in SETS.values())


@pytest.mark.parametrize("key", SETS)
def test_each_set_asks_every_question_once_and_has_a_goal_that_pays(key):
    questions = [(draft.goal.event, draft.goal.measure) for draft in SETS[key].drafts]

    assert len(questions) == len(set(questions))
    assert any(draft.goal.level == "macro" for draft in SETS[key].drafts)


@pytest.mark.parametrize("draft", DRAFTS)
def test_each_goal_says_what_it_means(draft):
    goal = draft.goal

    EVENT_NAME(goal.event)
    assert goal.category in Category.values
    assert goal.stage in Stage.values
    assert goal.measure in dict(measure_choices())
    assert (goal.share is None) == (goal.measure == "sum")
    assert 0 < (goal.share or 1) <= 1


@pytest.mark.parametrize("draft", DRAFTS)
def test_each_trigger_can_be_published(draft):
    for trigger in draft.triggers:
        params = with_defaults(trigger.kind, trigger.params)

        assert not complaints(trigger.kind, params)
        assert not conditions_complaints(trigger.kind, trigger.conditions)
        assert not event_complaint(trigger.kind, params, trigger.event)
