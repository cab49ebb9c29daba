"""Form fields in the marketer's units: per cent instead of fractions, and a colour that may be left alone."""

from datetime import datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminSplitDateTimeWidget, UnfoldAdminTextInputWidget

from experiments.payloads import COLOUR


class PercentField(forms.FloatField):
    """Shown and typed as per cent, kept as a fraction of 1."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("min_value", 0)
        kwargs.setdefault("max_value", 100)
        kwargs.setdefault("widget", UnfoldAdminTextInputWidget(attrs={"inputmode": "decimal", "suffix": "%"}))
        super().__init__(**kwargs)

    def clean(self, value: Any) -> float | None:
        percent = super().clean(str(value).replace("%", "").strip() if value is not None else value)
        return None if percent is None else round(percent / 100, 6)

    def prepare_value(self, value: Any) -> Any:
        """A fraction from the model as per cent; what somebody typed stays as typed."""
        return f"{round(value * 100, 4):g}" if isinstance(value, float | int) else value

    def has_changed(self, initial: Any, data: Any) -> bool:
        try:
            return self.clean(data) != initial
        except forms.ValidationError:
            return True


class DayField(forms.SplitDateTimeField):
    """A day with a time that may be left out: then midnight. Shown and typed in ``zone``, the project's."""

    widget = UnfoldAdminSplitDateTimeWidget
    zone = ZoneInfo("UTC")

    def compress(self, data_list: Any) -> datetime | None:
        if data_list and data_list[0] and not data_list[1]:
            data_list = (data_list[0], time())
        with timezone.override(self.zone):
            return super().compress(data_list)

    def prepare_value(self, value: Any) -> Any:
        """Without its zone, or the widget would turn it into the server's."""
        if isinstance(value, datetime) and timezone.is_aware(value):
            return timezone.make_naive(value, self.zone)
        return value

    def has_changed(self, initial: Any, data: Any) -> bool:
        return bool(super().has_changed(self.prepare_value(initial), data))


class MomentWidget(UnfoldAdminTextInputWidget):
    input_type = "datetime-local"


class MomentField(forms.DateTimeField):
    """A moment in ``zone``, by the browser's own picker."""

    widget = MomentWidget
    zone = ZoneInfo("UTC")

    def to_python(self, value: Any) -> datetime | None:
        with timezone.override(self.zone):
            return super().to_python(value)


class ColourWidget(UnfoldAdminTextInputWidget):
    """A text field with the browser's colour picker beside it; empty means that the page keeps its colour."""

    template_name = "experiments/admin/colour.html"

    def __init__(self) -> None:
        super().__init__(attrs={"placeholder": "#0f7b4f", "maxlength": "7", "data-colour": "", "spellcheck": "false"})


class ColourField(forms.CharField):
    widget = ColourWidget

    def clean(self, value: Any) -> str:
        colour = str(super().clean(value)).strip().lower()
        if colour and not colour.startswith("#"):
            colour = f"#{colour}"
        if colour and not COLOUR.fullmatch(colour):
            raise forms.ValidationError(_("Write a colour such as #0f7b4f, or pick one."))
        return colour
