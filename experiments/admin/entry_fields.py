"""Form fields for where an experiment runs and on which other tests it builds."""

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminSelect2MultipleWidget, UnfoldAdminTextareaWidget

from experiments import pages
from experiments.admin.exclusion import Open
from experiments.pages import Page

MOST_PAGES = 100


class PagesWidget(forms.MultiWidget):
    """Two lists of addresses, one a line; patterns that only the API writes are shown and stay."""

    template_name = "experiments/admin/pages.html"

    def __init__(self) -> None:
        look = {"rows": 2, "spellcheck": "false", "autocapitalize": "off", "class": "ml-lines-of-text"}
        self.kept: list[Any] = []
        super().__init__(
            [
                UnfoldAdminTextareaWidget(attrs={**look, "placeholder": "/pricing\n/shop/*"}),
                UnfoldAdminTextareaWidget(attrs={**look, "placeholder": "/shop/checkout*"}),
            ]
        )

    def decompress(self, value: Any) -> list[str]:
        rows = [row for row in value or [] if _is_simple(row)]
        return ["\n".join(row["pattern"] for row in rows if row["include"] is wanted) for wanted in (True, False)]

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context(name, value, attrs)
        context["widget"]["kept"] = [row.get("pattern", row) if isinstance(row, dict) else row for row in self.kept]
        return context


class PagesField(forms.MultiValueField):
    widget: type[PagesWidget] | PagesWidget = PagesWidget

    def __init__(self, **kwargs: Any) -> None:
        parts = (forms.CharField(required=False), forms.CharField(required=False))
        super().__init__(fields=parts, require_all_fields=False, **kwargs)

    def keep_rest(self, rows: Sequence[Any]) -> None:
        if isinstance(self.widget, PagesWidget):
            self.widget.kept = [row for row in rows if not _is_simple(row)]

    def prepare_value(self, value: Any) -> Any:
        """What is stored is a list too, but not of two texts."""
        is_stored = not value or not isinstance(value[0], str)
        return self.widget.decompress(value) if is_stored and isinstance(self.widget, PagesWidget) else value

    def has_changed(self, initial: Any, data: Any) -> bool:
        before = [str(text).split() for text in self.prepare_value(initial)]
        return before != [str(text or "").split() for text in data or ["", ""]]

    def compress(self, data_list: Any) -> list[dict[str, Any]]:
        kept = self.widget.kept if isinstance(self.widget, PagesWidget) else []
        found = [
            Page(include, "simple", line)
            for include, text in zip((True, False), data_list or ["", ""], strict=True)
            for line in dict.fromkeys(line.strip() for line in (text or "").splitlines())
            if line
        ]
        if len(found) > MOST_PAGES:
            told = _("Write at most %(most)s addresses; * stands for anything.")
            raise ValidationError(told, params={"most": MOST_PAGES})
        if wrong := [f"{page.pattern[:60]}: {said}" for page in found if (said := pages.complaint(page))]:
            raise ValidationError(wrong)
        rows = [{"include": page.include, "kind": page.kind, "pattern": page.pattern} for page in found]
        return [*rows, *kept]


def _is_simple(row: Any) -> bool:
    fits = isinstance(row, Mapping) and row.get("kind") == "simple" and isinstance(row.get("include"), bool)
    return fits and isinstance(row.get("pattern"), str)


class PrerequisitesField(forms.MultipleChoiceField):
    """Variants of tests that run. Kept as ``[{"experiment", "variants"}]``; sent as ``<experiment>/<variant>``."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(widget=UnfoldAdminSelect2MultipleWidget, **kwargs)

    def offer(self, tests: Sequence[Open], chosen: Sequence[Mapping[str, Any]], *, with_project: bool) -> None:
        """Also what is chosen already and runs no longer, so that it can be taken out."""
        there = {
            f"{one.experiment.key}/{variant.key}": _named(one, variant.name, with_project=with_project)
            for one in tests
            if not one.plan.external
            for variant in one.plan.variants
        }
        gone = {value: _("%(value)s (not running)") % {"value": value} for value in flat(chosen) if value not in there}
        self.choices = [*there.items(), *gone.items()]

    def prepare_value(self, value: Any) -> Any:
        return flat(value) if value and isinstance(value[0], dict) else value

    def clean(self, value: Any) -> list[dict[str, Any]]:
        found: dict[str, list[str]] = {}
        for pair in super().clean(value):
            experiment, _slash, variant = pair.partition("/")
            found.setdefault(experiment, []).append(variant)
        return [{"experiment": experiment, "variants": variants} for experiment, variants in found.items()]

    def has_changed(self, initial: Any, data: Any) -> bool:
        return set(flat(initial or [])) != set(data or [])


def flat(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    return [f"{row['experiment']}/{variant}" for row in rows for variant in row["variants"]]


def _named(one: Open, variant: str, *, with_project: bool) -> str:
    name = f"{one.experiment.name}: {variant}"
    return f"{name} · {one.experiment.project.name}" if with_project else name
