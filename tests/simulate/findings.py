"""One measured line of the table, its bound, and whether it holds."""

from dataclasses import dataclass

import numpy as np

HEADER = ("what", "setting", "draws", "measured", "± s.e.", "bound", "holds", "path")
ERRORS = 3
NOT_MEASURED = "not measured"


@dataclass(frozen=True)
class Finding:
    """least, most: the bound, None where there is none. unit: ``%``, or what the number counts.

    error: Monte-Carlo standard error. measured: None where gbstats was not there to be asked.
    path: which road the numbers took, see docs/operating-characteristics.md.
    """

    what: str
    setting: str
    draws: int
    measured: float | None
    error: float | None = None
    least: float | None = None
    most: float | None = None
    unit: str = "%"
    path: str = "fast"

    @property
    def holds(self):
        if (self.least is None and self.most is None) or self.measured is None:
            return ""
        beyond = max(
            self.measured - self.most if self.most is not None else -np.inf,
            self.least - self.measured if self.least is not None else -np.inf,
        )
        if beyond <= 0:
            return "yes"
        return "within error" if self.error is not None and beyond <= ERRORS * self.error else "**no**"

    @property
    def cells(self):
        measured = NOT_MEASURED if self.measured is None else self._number(self.measured)
        error = "" if self.error is None or self.measured is None else self._number(self.error).removesuffix(" %")
        return (
            self.what, self.setting, f"{self.draws:,}" if self.draws else "", measured, error, self._bound, self.holds,
            self.path,
        )  # fmt: skip

    @property
    def _bound(self):
        if self.least is not None and self.most is not None:
            return f"{self.least:.0%} to {self.most:.0%}".replace("%", " %")
        if self.most is not None:
            return f"≤ {self._number(self.most, short=True)}"
        return "" if self.least is None else f"≥ {self._number(self.least, short=True)}"

    def _number(self, value, *, short=False):
        if self.unit == "%":
            return f"{100 * value:.4g} %" if short else f"{100 * value:.2f} %"
        number = f"{value:.3g}" if short or self.unit not in {"days", "times"} else f"{value:.1f}"
        return f"{number} {self.unit}".strip()


def share(what, setting, values, **fields):
    """Of draws in which something happened. nan: not asked."""
    known = np.asarray(values, dtype=float)
    known = known[~np.isnan(known)]
    if not len(known):
        return Finding(what, setting, 0, None, **fields)
    at = float(known.mean())
    # Of whole draws; with a share of goals in each draw, of those shares.
    error = float(known.std(ddof=1) / np.sqrt(len(known))) if len(known) > 1 else 0.0
    bounds = [fields[name] for name in ("least", "most") if fields.get(name) is not None]
    if bounds and np.isin(known, (0.0, 1.0)).all():
        # Where nothing was seen, the error is what it would be at the bound.
        error = error or max(float(np.sqrt(bound * (1 - bound) / len(known))) for bound in bounds)
    return Finding(what, setting, len(known), at, error, **fields)


def mean(what, setting, values, **fields):
    known = np.asarray(values, dtype=float)
    known = known[~np.isnan(known)]
    if len(known) < 2:
        return Finding(what, setting, len(known), None, **fields)
    return Finding(
        what, setting, len(known), float(known.mean()), float(known.std(ddof=1) / len(known) ** 0.5), **fields
    )


def table(findings):
    """Markdown."""
    rows = [HEADER, tuple("---" for _ in HEADER), *(finding.cells for finding in findings)]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in rows)
