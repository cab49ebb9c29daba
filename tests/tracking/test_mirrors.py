"""What a process keeps in memory: the last good value, whatever goes wrong while it is refreshed."""

import pytest
from django.db import InterfaceError

from tests.http import eventually
from tracking.mirrors import Mirror, keep_fresh

pytestmark = pytest.mark.django_db


class Source:
    """Gives its answers one after the other, the last one for ever; raises those that are errors."""

    def __init__(self, *answers):
        self.answers = list(answers)

    def __call__(self):
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer


def test_the_first_question_loads_and_later_ones_do_not():
    mirror = Mirror(Source("first", "second"))

    assert [mirror.get(), mirror.get()] == ["first", "first"]


def test_a_failing_reload_keeps_the_last_value():
    mirror = Mirror(Source("good", ValueError("broken"), "never"))
    mirror.get()

    with pytest.raises(ValueError, match="broken"):
        mirror.reload()

    assert mirror.get() == "good"


@pytest.mark.parametrize("error", [InterfaceError("gone"), ValueError("a plan that cannot be read")])
def test_no_error_ends_the_refreshing(error):
    mirror = Mirror(Source("old", error, "new"))

    keep_fresh([mirror], seconds=0.2)

    assert eventually(lambda: mirror.get() == "new", seconds=5)
