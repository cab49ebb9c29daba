"""A closer look at a result: what a cap, the past, the days and groups of people add. It informs, and never decides."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from experiments import quantities, wording
from experiments.charts import Day, Spec, days_spec
from experiments.closer_groups import groups
from experiments.closer_parts import Chart, Pair, Part, Table, change_of, interval_of
from experiments.figures import DASH, ago, chance, listed, number, percent, size
from experiments.leading import is_imported
from experiments.result_times import moment

Body = Mapping[str, Any]

# A gain or a loss below this is none worth a word.
WORTH_TELLING = 0.01


@dataclass(frozen=True, slots=True)
class CloserLook:
    parts: Sequence[Part]
    computed: str


def closer_look(body: Body, specs: dict[str, Spec], *, now: datetime) -> CloserLook | None:
    """None while there is nobody to look at. Charts are added to ``specs``."""
    pairs = list(_pairs(body))
    if not pairs or not body["health"]["enrolled"]:
        return None
    refined = body.get("refined_at")
    parts = [*_refined(pairs, specs, body)] if refined else [_not_yet()]
    computed = _("computed %(ago)s") % {"ago": ago(moment(refined), now)} if refined else ""
    return CloserLook([*parts, _chances(pairs, body)], computed)


def _pairs(body: Body) -> Iterator[Pair]:
    names, several = wording.names_of(body), len(body["variants"]) > 2
    for goal in body["goals"]:
        for arm in goal["variants"]:
            if arm["vs_control"] is not None and goal["progress"] == 1:
                yield Pair(goal, arm["vs_control"], names[arm["key"]] if several else "")


def _not_yet() -> Part:
    return Part(
        _("What people did before, when they came, who they are"),
        [_("This is computed from each person's own numbers, less often than the rest. It is not there yet.")],
    )


def _refined(pairs: Sequence[Pair], specs: dict[str, Spec], body: Body) -> Iterator[Part]:
    if any(pair.goal["measure"] == "sum" for pair in pairs):
        yield _capped(pairs)
    yield _adjusted(pairs)
    yield _by_day(pairs, specs, body["alpha"])
    yield groups(pairs, body["alpha"])


# ---- the largest amounts ----


def _capped(pairs: Sequence[Pair]) -> Part:
    rows = [[*_beside(pair, found), _cap(pair, found)] for pair, found in _with(pairs, "capped")]
    title = _("With the largest amounts capped")
    if not rows:
        return Part(title, [_("Nobody has a value yet that a cap could hold.")])
    about = _("A few very large amounts can hide or fake a difference. Here nobody counts with more than the cap.")
    heads = [_("Goal"), _("As it is"), _("Interval"), _("Capped"), _("Interval"), _("What the cap did")]
    return Part(title, [about], [Table(heads, rows, words=True)])


def _cap(pair: Pair, found: Body) -> str:
    control, treatment = (number(people) for people in found["people_capped"])
    words = {
        "cap": quantities.amount(found["cap"], pair.goal),
        "share": percent(round(found["percentile"], 4)),
        "control": control,
        "treatment": treatment,
    }
    if not any(found["people_capped"]):
        return _("at most %(cap)s: no amount was large enough to be capped") % words
    text = _("at most %(cap)s, more than which %(share)s do not pay; %(control)s and %(treatment)s people were above")
    return text % words + (f" ({_('few payers: read with care')})" if found["caution"] else "")


# ---- what people did before ----


def _adjusted(pairs: Sequence[Pair]) -> Part:
    title, known = _("Adjusted for what people did before"), _with(pairs, "with_covariates")
    rows = [[*_beside(pair, found), _gain(found)] for pair, found in known]
    if not rows:
        return Part(title, [_("Nothing is known of these people from before, so there is nothing to adjust for.")])
    says = [_("People differ before they meet a variant. What that explains is taken out, and the interval shrinks.")]
    used = dict.fromkeys(name for _pair, found in known for name in found["covariates"])
    if used:
        says.append(_("Adjusted by: %(names)s.") % {"names": listed(list(used))})
    heads = [_("Goal"), _("As it is"), _("Interval"), _("Adjusted"), _("Interval"), _("Gain")]
    return Part(title, says, [Table(heads, rows, words=True)])


def _gain(found: Body) -> str:
    """“18 % less noise, as if 22 % more people had come”; also when it is nil."""
    less = found["variance_reduction"]
    if found["reason"]:
        return _("no gain: most people are new")
    if less is None or abs(less) < WORTH_TELLING:
        return _("no gain: the past says next to nothing about this")
    if less < 0:
        return _("a loss: the past says nothing about this and costs %(share)s") % {"share": size(less)}
    words = {"share": size(less), "people": size(less / (1 - less)) if less < 1 else DASH}
    return _("%(share)s less noise, as if %(people)s more people had come") % words


# ---- by day ----


def _by_day(pairs: Sequence[Pair], specs: dict[str, Spec], alpha: float) -> Part:
    title, known = _("By day of the first visit"), _with(pairs, "cohorts")
    if all(found["slope"] is None for _pair, found in known):
        text = _(
            "Too early to say. Only people whose full time to act is over are counted here, and it takes three whole "
            "days of them."
        )
        return Part(title, [text])
    about = _("A new thing may draw people because it is new, or take time to be understood. Then the effect changes.")
    rows = [[pair.name, _slope(pair, found, alpha)] for pair, found in known]
    charts = [_chart(pair, found, specs) for pair, found in known if pair.goal["role"] == "primary" and found["days"]]
    return Part(title, [about], [Table([_("Goal"), _("Does the effect change?")], rows, words=True)], charts)


def _slope(pair: Pair, found: Body, alpha: float) -> str:
    if found["slope"] is None:
        return _("too early to say")
    if found["p_value"] >= alpha:
        return _("no sign of wearing off, nor of growing")
    words = {"change": quantities.difference(7 * found["slope"], pair.goal)}
    fading = (pair.against["diff"] or 0.0) * found["slope"] < 0
    if fading:
        return _("the effect shrinks (%(change)s a week): it may be wearing off") % words
    return _("the effect grows (%(change)s a week): it may take time to be understood") % words


def _chart(pair: Pair, found: Body, specs: dict[str, Spec]) -> Chart:
    rate = quantities.is_rate(pair.goal)
    factor = 100 if rate else 1
    days = [
        Day(one["day"], factor * one["diff"], *(_times(end, factor) for end in one["diff_ci"] or (None, None)))
        for one in found["days"]
        if one["diff"] is not None and one["day"]
    ]
    name = f"days-{len(specs)}"
    specs[name] = days_spec(days)
    unit = _("percentage points") if rate else pair.goal["currency"] or _("a person")
    caption = _("“%(goal)s”: difference by day of the first visit, in %(unit)s") % {"goal": pair.name, "unit": unit}
    return Chart(name, caption)


def _times(end: float | None, factor: float) -> float | None:
    return None if end is None else factor * end


# ---- as chances ----


def _chances(pairs: Sequence[Pair], body: Body) -> Part:
    # Where nobody did anything yet, there is a chance to be told, of nothing but the prior.
    found = [(pair, pair.against.get("bayesian") or {}) for pair in pairs if pair.against["p_value"] is not None]
    rows = [_chance(pair, reading) for pair, reading in found if reading.get("chance_to_beat_control") is not None]
    title = _("As chances: the Bayesian reading")
    if not rows:
        return Part(title, [_("Too little was seen to speak of chances.")])
    heads = [_("Goal"), _("Chance to be better"), _("Likely change"), _("What choosing it may cost, a person")]
    says = [
        _("How likely it is that the variant is better, and what choosing it costs on average, should it be worse.")
    ]
    if any(not quantities.is_rate(pair.goal) for pair in pairs):
        says.append(_("Changes of sums are pulled towards 0 here, since large ones are rare."))
    if is_imported(body):
        return Part(title, says, [Table(heads, [row[:-1] for row in rows])])
    warning = _(
        "Not protected against looking early, unless the row says so: who stops when a chance looks good is wrong far "
        "more often than it says."
    )
    return Part(title, [*says, warning], [Table([*heads, _("Protected")], rows)])


def _chance(pair: Pair, reading: Body) -> list[str]:
    return [
        pair.name,
        chance(reading["chance_to_beat_control"]),
        f"{change_of(reading)} ({interval_of(reading)})" if reading["lift"] is not None else DASH,
        quantities.loss(reading["expected_loss"], pair.goal),
        _("yes, by its rule") if reading["protected"] else _("no"),
    ]


# ---- parts of rows ----


def _with(pairs: Sequence[Pair], name: str) -> list[tuple[Pair, Body]]:
    found = [(pair, (pair.against.get("refined") or {}).get(name)) for pair in pairs]
    return [(pair, one) for pair, one in found if one is not None]


def _beside(pair: Pair, found: Body) -> list[str]:
    """As it is, both looked at once, and refined."""
    return [pair.name, *(text(numbers) for numbers in (pair.against, found) for text in (change_of, interval_of))]
