"""What a rehearsal found, as people read it in a terminal and as programs do."""

from collections.abc import Iterator, Sequence
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from experiments import figures
from experiments.models import Phase
from experiments.plan import PlannedGoal
from experiments.rehearsing import Asked, GoalReport, Promise, Report, Share
from experiments.rows import family_of

Cells = Sequence[str]


def lines(phase: Phase, asked: Asked, report: Report) -> Iterator[str]:
    yield _heading(phase, asked, report)
    yield from _what_was_done(asked, report)
    yield ""
    yield from _table(_found(report) if asked.effect else _false_alarms(report))
    yield ""
    yield from _never_judged(report)
    yield _verdicts(report)
    if not asked.effect:
        yield from _kept(report)


def as_json(phase: Phase, asked: Asked, report: Report) -> dict[str, Any]:
    return {
        "project": phase.experiment.project.key,
        "experiment": phase.experiment.key,
        "phase": phase.number,
        "people": report.people,
        "looks": {"number": report.looks, "as_taken": report.taken, "spent": report.spent},
        "runs": asked.runs,
        "seed": asked.seed,
        "effect": asked.effect,
        "alpha": report.alpha,
        "goals": [_goal_as_json(one) for one in report.goals],
        "promises": [_promise_as_json(promise) for promise in report.promises],
        "verdicts": {
            "ship": _share(report.ship) | {"mean_day": report.mean_day},
            "roll_back": _share(report.roll_back),
        },
        "holds": report.holds,
    }


def _goal_as_json(one: GoalReport) -> dict[str, Any]:
    return {
        "goal": one.goal.key,
        "family": family_of(one.goal),
        **{name: _share(getattr(one, name)) for name in ("judged", "better", "worse", "not_worse")},
        "mean_day": one.mean_day,
    }


def _promise_as_json(promise: Promise) -> dict[str, Any]:
    return {
        "family": promise.family,
        "goals": [goal.key for goal in promise.goals],
        "called": _share(promise.called),
        "at_most": promise.at_most,
        "holds": promise.holds,
    }


def _share(share: Share) -> dict[str, Any]:
    return {"share": share.share, "error": share.error}


def _heading(phase: Phase, asked: Asked, report: Report) -> str:
    return _("%(experiment)s, phase %(phase)d: %(people)s people, %(looks)s, %(runs)s runs.") % {
        "experiment": phase.experiment,
        "phase": phase.number,
        "people": figures.number(report.people),
        "looks": ngettext("%d look", "%d looks", report.looks) % report.looks,
        "runs": figures.number(asked.runs),
    }


def _what_was_done(asked: Asked, report: Report) -> Iterator[str]:
    if not asked.effect:
        yield _(
            "In each run chance deals these people anew to the variants: nothing differs, every call is a false alarm."
        )
    else:
        better = _("In each run chance deals these people anew, and all variants but the original are better by %s:")
        worse = _("In each run chance deals these people anew, and all variants but the original are worse by %s:")
        yield (better if asked.effect > 0 else worse) % figures.percent(abs(asked.effect))
        yield _("every goal changes by that much, except guardrails, which stay as they are.")
    if report.taken:
        yield _("The looks are those that were taken.")
    elif report.looks == 1:
        yield _("It is looked at once, at its end.")
    else:
        yield _("No look was taken, so there is one a day from the seventh on, and one at the end.")
    yield _("Everybody counts with what is known today: what they did after a look is in it already.")


def _false_alarms(report: Report) -> Iterator[Cells]:
    yield _("goal"), _("called better"), _("called worse"), _("either"), _("at most")
    for one in report.goals:
        guards = family_of(one.goal) == "guardrail"
        yield _name(one.goal), figures.DASH if guards else _rate(one.better), _rate(one.worse), *_promised(one, report)
    for promise in report.promises:
        if len(promise.goals) > 1:
            yield _any_of(promise), "", "", _rate(promise.called), figures.percent(promise.at_most)


def _promised(one: GoalReport, report: Report) -> Cells:
    """Of a goal that is a family of its own; of the others, where the family stands."""
    promise = next(promise for promise in report.promises if one.goal in promise.goals)
    return (_rate(promise.called), figures.percent(promise.at_most)) if len(promise.goals) == 1 else ("", "")


def _found(report: Report) -> Iterator[Cells]:
    guarded = any(family_of(one.goal) == "guardrail" for one in report.goals)
    yield _("goal"), _("called better"), _("called worse"), *([_("proven safe")] if guarded else []), _("mean day")
    for one in report.goals:
        guards = family_of(one.goal) == "guardrail"
        safe = [_rate(one.not_worse) if guards else ""] if guarded else []
        yield (
            _name(one.goal),
            figures.DASH if guards else _rate(one.better),
            _rate(one.worse),
            *safe,
            _day(one.mean_day),
        )


def _table(rows: Iterator[Cells]) -> Iterator[str]:
    known = list(rows)
    widths = [max(len(row[column]) for row in known) for column in range(len(known[0]))]
    for row in known:
        numbers = (cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True))
        yield "  ".join([row[0].ljust(widths[0]), *numbers]).rstrip()


def _rate(share: Share) -> str:
    return f"{figures.number(share.share * 100, 1)}{figures.THIN}% ± {figures.number(share.error * 100, 1)}"


def _day(days: float | None) -> str:
    return figures.DASH if days is None else figures.number(days, 1)


def _name(goal: PlannedGoal) -> str:
    roles = {
        "primary": _("decides"),
        "guardrail": _("guardrail"),
        "micro": _("micro goal"),
        "secondary": _("informs"),
        "exploratory": _("added later"),
    }
    return f"{goal.name} ({roles[family_of(goal)]})"


def _any_of(promise: Promise) -> str:
    count = len(promise.goals)
    names = {
        "primary": _("any of the %d that decide"),
        "micro": _("any of the %d micro goals"),
        "secondary": _("any of the %d that inform"),
        "exploratory": _("any of the %d added later"),
    }
    return names[promise.family] % count


def _never_judged(report: Report) -> Iterator[str]:
    for one in report.goals:
        if not one.judged.times:
            yield _("“%s” was never judged: at these looks it has too few people, conversions or days.") % one.goal.name


def _kept(report: Report) -> Iterator[str]:
    broken = [promise for promise in report.promises if not promise.holds]
    for promise in broken:
        yield _("%(goals)s: %(called)s false alarms, where %(at_most)s are allowed.") % {
            "goals": ", ".join(goal.name for goal in promise.goals),
            "called": _rate(promise.called),
            "at_most": figures.percent(promise.at_most),
        }
    if broken:
        yield _("That is more than chance explains: on this traffic, do not trust a narrow win in these goals.")
    else:
        yield _("No more false alarms than promised: on this traffic the rule can be trusted.")


def _verdicts(report: Report) -> str:
    told = _("The verdict would be to ship in %(ship)s, to roll back in %(back)s of the runs.") % {
        "ship": _rate(report.ship),
        "back": _rate(report.roll_back),
    }
    if report.mean_day is None:
        return told
    return told + " " + _("To ship it comes on day %s in the mean.") % figures.number(report.mean_day, 1)
