"""Form fields that the kinds of variants share."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from tracking.admin.picking import SelectorInput

# A text, or one that is translated when it is shown; Django's stubs have no public name for both.
Words = Any
STAYS: Words = _("As on the page")


def words(label: Words, help_text: Words = "", *, example: Words = "", most: int = 300) -> forms.CharField:
    widget = UnfoldAdminTextInputWidget(attrs={"placeholder": example} if example else {})
    return forms.CharField(label=label, required=False, max_length=most, help_text=help_text, widget=widget)


def selector(label: Words, help_text: Words, *, example: str) -> forms.CharField:
    widget = SelectorInput(attrs={"placeholder": example, "spellcheck": "false", "autocapitalize": "off"})
    return forms.CharField(label=label, required=False, max_length=300, help_text=help_text, widget=widget)


def choice(
    label: Words, offered: Mapping[str, Words], help_text: Words = "", *, empty: Words = STAYS
) -> forms.CharField:
    """A text and not a choice: what only the API writes stays, and the payload's own check judges it."""
    widget = KeepingSelect(choices=[("", empty), *offered.items()])
    return forms.CharField(label=label, required=False, max_length=300, help_text=help_text, widget=widget)


class KeepingSelect(UnfoldAdminSelectWidget):
    """A select that also offers what is stored, though nobody could choose it here."""

    choices: Any

    def optgroups(self, name: str, value: Any, attrs: dict[str, Any] | None = None) -> Any:
        offered = {str(key) for key, _label in self.choices}
        added = [(one, one) for one in value if one and one not in offered]
        before, self.choices = self.choices, [*self.choices, *added]
        try:
            return super().optgroups(name, value, attrs)
        finally:
            self.choices = before


def number(label: Words, most: int, help_text: Words, *, suffix: Words) -> forms.IntegerField:
    widget = UnfoldAdminTextInputWidget(attrs={"inputmode": "numeric", "suffix": suffix})
    return forms.IntegerField(
        label=label, required=False, min_value=0, max_value=most, help_text=help_text, widget=widget
    )
