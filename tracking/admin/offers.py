"""What forms offer to choose from."""

from typing import Any

from unfold.widgets import UnfoldAdminSelectWidget


class GoalSelect(UnfoldAdminSelectWidget):
    """Tells the page each goal's project, so that it can offer only those of the chosen one."""

    def create_option(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        option: dict[str, Any] = super().create_option(*args, **kwargs)
        goal = getattr(option["value"], "instance", None)
        if goal is not None:
            option["attrs"]["data-project"] = str(goal.project_id)
        return option
