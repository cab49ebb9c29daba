"""What a browser would send back of a rendered page, and nothing else."""

from html.parser import HTMLParser
from typing import Any


class _Reader(HTMLParser):
    """Collects the controls of one form; rows that scripts copy (``__prefix__``) are sent too, as browsers do."""

    def __init__(self, form_id: str) -> None:
        super().__init__()
        self.form_id, self.inside = form_id, False
        self.sent: dict[str, Any] = {}
        self.options: dict[str, list[dict[str, Any]]] = {}
        self.select = self.area = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        if tag == "form":
            self.inside = found.get("id") == self.form_id
        if not self.inside:
            return
        name = found.get("name") or ""
        if tag == "option":
            self._option(found)
        elif tag == "select":
            self.select, self.options[name] = name, []
        elif tag == "textarea":
            self.area, self.sent[name] = name, ""
        elif tag == "input" and name:
            self._input(name, found)

    def _input(self, name: str, found: dict[str, str | None]) -> None:
        kind = found.get("type")
        if kind in {"submit", "button"} or (kind in {"checkbox", "radio"} and "checked" not in found):
            return
        self.sent[name] = found.get("value") or ("on" if kind == "checkbox" else "")

    def _option(self, found: dict[str, str | None]) -> None:
        chosen = "selected" in found or not self.options[self.select]
        self.options[self.select].append({**found, "text": ""})
        if chosen:
            self.sent[self.select] = found.get("value") or ""

    def handle_data(self, data: str) -> None:
        if self.inside and self.area:
            self.sent[self.area] += data
        elif self.inside and self.select and self.options[self.select]:
            self.options[self.select][-1]["text"] += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self.inside = False
        if tag == "textarea":
            self.area = ""
        if tag == "select":
            self.select = ""


def _read(answer: Any, form_id: str) -> _Reader:
    reader = _Reader(form_id)
    reader.feed(answer.content.decode())
    return reader


def controls(answer: Any, form_id: str) -> dict[str, Any]:
    """By name, what the form of this page would send."""
    return _read(answer, form_id).sent


def options(answer: Any, form_id: str, name: str) -> list[dict[str, Any]]:
    """What a list of the form offers: the attributes of each option and its text."""
    return _read(answer, form_id).options[name]
