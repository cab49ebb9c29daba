"""Numbers and times as people read them, in the active language: separators, signs, per cent, points, money."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

MINUS = "\N{MINUS SIGN}"
# Holds a number and its unit together on one line.
THIN = "\N{NARROW NO-BREAK SPACE}"
SPACE = "\N{NO-BREAK SPACE}"
DASH = "\N{EN DASH}"

Ends = tuple[float | None, float | None]


def number(value: float, decimals: int = 0, *, signed: bool = False) -> str:
    text = number_format(abs(round(value, decimals)), decimals, use_l10n=True, force_grouping=True)
    if round(value, decimals) < 0:
        return MINUS + text
    return f"+{text}" if signed and round(value, decimals) > 0 else text


def percent(share: float, *, signed: bool = False) -> str:
    """1.55 %, 11.9 %, 100 %."""
    value = share * 100
    decimals = 2 if abs(value) < 10 else 1
    return number(value, 0 if value == round(value) else decimals, signed=signed) + THIN + "%"


def lift(change: float | None) -> str:
    """+5.6 %, +21 %: no more digits than anyone needs to decide."""
    if change is None:
        return DASH
    value = change * 100
    return number(value, 1 if abs(value) < 9.95 else 0, signed=True) + THIN + "%"


def size(change: float) -> str:
    """12 %, 3.4 %: a change without a direction."""
    value = abs(change) * 100
    return number(value, 1 if value < 9.95 and round(value, 1) != round(value) else 0) + THIN + "%"


def lifts(ends: Ends | None) -> str:
    """“−12 … +21 %”."""
    if ends is None:
        return DASH
    decimals = 1 if max((abs(end) for end in ends if end is not None), default=0.0) < 0.0995 else 0
    return between(ends, lambda end: number(end * 100, decimals, signed=True), tail=f"{THIN}%")


def chance(probability: float) -> str:
    """97 %, 99.6 %; what is nearly certain is never called certain."""
    if probability > 0.999:
        return f">{SPACE}{number(99.9, 1)}{THIN}%"
    if probability < 0.001:
        return f"<{SPACE}{size(0.001)}"
    middle = 0.1 <= probability < 0.99
    return number(probability * 100, 0 if middle else 1) + THIN + "%"


def listed(names: Sequence[str]) -> str:
    """“a, b and c”."""
    if len(names) < 2:
        return "".join(names)
    return _("%(first)s and %(last)s") % {"first": ", ".join(names[:-1]), "last": names[-1]}


def likely(ends: Ends) -> str:
    """“likely between +14 % and +62 %”: an interval of lifts as one says it."""
    low, high = ends
    if low is not None and high is not None:
        return _("likely between %(low)s and %(high)s") % {"low": lift(low), "high": lift(high)}
    if low is not None:
        return _("likely %(low)s or more") % {"low": lift(low)}
    if high is not None:
        return _("likely up to %(high)s") % {"high": lift(high)}
    return _("anything is still likely")


def points(difference: float, *, decimals: int = 2) -> str:
    return number(difference * 100, decimals, signed=True)


def between(ends: Ends, shown: Callable[[float], str], *, tail: str) -> str:
    """“−0.16 … +0.34 pp”; an end that is None is unbounded."""
    low, high = ends
    if low is not None and high is not None:
        return f"{shown(low)} … {shown(high)}{tail}"
    if low is not None:
        return _("%(low)s and more") % {"low": f"{shown(low)}{tail}"}
    if high is not None:
        return _("up to %(high)s") % {"high": f"{shown(high)}{tail}"}
    return _("unbounded")


def p_value(value: float | None) -> str:
    if value is None:
        return DASH
    if value < 0.0001:
        return f"<{SPACE}{number(0.0001, 4)}"
    return number(value, 2 if value >= 0.1 else 3 if value >= 0.01 else 4)


def equals(p: float | None) -> str:
    """“p = 0.03”, “p < 0.0001”."""
    shown = p_value(p)
    return f"p{SPACE}{shown}" if shown.startswith("<") else f"p{SPACE}={SPACE}{shown}"


def ago(moment: datetime, now: datetime) -> str:
    """“12 s ago”; a moment that lies ahead is now."""
    seconds = max(int((now - moment).total_seconds()), 0)
    if seconds < 60:
        return _("%(n)d s ago") % {"n": seconds}
    if seconds < 3600:
        return _("%(n)d min ago") % {"n": seconds // 60}
    if seconds < 86400:
        return _("%(n)d h ago") % {"n": seconds // 3600}
    days = seconds // 86400
    return ngettext("%(n)d day ago", "%(n)d days ago", days) % {"n": days}


def day(moment: datetime, now: datetime) -> str:
    """“2 Nov”, with the year only where it is another one."""
    return date_format(moment, "j M" if moment.year == now.year else "j M Y")


def day_number(started_at: datetime, now: datetime) -> int:
    """The day the experiment is in, counted from 1."""
    return max((now - started_at) // timedelta(days=1), 0) + 1
