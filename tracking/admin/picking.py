"""A field for a CSS selector that nobody needs to know: a button opens the page, where one clicks the element."""

from typing import Any

from django.forms import Media
from unfold.widgets import UnfoldAdminTextInputWidget


class SelectorInput(UnfoldAdminTextInputWidget):
    """``project``: whose pages, where the form does not let one choose it."""

    template_name = "tracking/admin/selector.html"
    project: int | None = None

    @property
    def media(self) -> Media:
        return Media(js=["tracking/pick.js"], css={"all": ["tracking/pick.css"]})

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context(name, value, attrs)
        return {**context, "project": self.project}
