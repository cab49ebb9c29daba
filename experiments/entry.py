"""Who may enter a phase: holdout, exclusion group, other tests and the audience, frozen as they are at its start."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from experiments.audiences import groups_named, joined, with_groups_renamed
from experiments.bucketing import Range
from experiments.models import Experiment, Holdout, Phase, SavedGroup
from experiments.moves import LIVE, NotReady
from experiments.namespaces import first_gap, largest_gap, overlap
from experiments.phases import plan_of
from experiments.plan import Filter, Plan

Groups = Mapping[str, tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class Entry:
    condition: Mapping[str, Any] = field(default_factory=dict)
    groups: Groups = field(default_factory=dict)
    private_groups: tuple[str, ...] = ()
    filters: tuple[Filter, ...] = ()


def entry_of(experiment: Experiment) -> Entry:
    """Raises ``NotReady`` with all that stands in the way."""
    problems: list[str] = []
    required = _prerequisites(experiment, problems)
    groups = _own_groups(experiment, problems)
    private = _private(experiment.project_id, groups)
    filters = [*_holdout(experiment), *_namespace(experiment, problems)]
    condition = experiment.condition
    for phase, chosen in required:
        plan = plan_of(phase.plan)
        names = _apart(plan, groups, f"@{plan.experiment}-{phase.number}")
        condition = joined(condition, with_groups_renamed(plan.condition, names))
        groups = {**groups, **{names.get(key, key): values for key, values in plan.groups.items()}}
        private |= {names.get(key, key) for key in plan.private_groups}
        filters += [one for one in plan.filters if one not in filters]
        filters.append(
            Filter("prerequisite", plan.seed, tuple(one.bounds for one in plan.variants if one.key in chosen))
        )
    if not problems and _nobody_passes(filters):
        problems.append(_("Nobody could enter: the exclusion groups and the tests it builds on share no visitors."))
    if problems:
        raise NotReady(problems)
    return Entry(condition, groups, tuple(sorted(private)), tuple(filters))


def _nobody_passes(filters: Iterable[Filter]) -> bool:
    """Whether they ask for parts of one split that have nothing in common, such as two pieces of an exclusion group."""
    left: dict[tuple[str, int], tuple[Range, ...]] = {}
    for one in filters:
        split = one.seed, one.version
        left[split] = overlap(left.get(split, ((0.0, 1.0),)), one.ranges)
    return not all(left.values())


def entry_problems(experiment: Experiment) -> list[str]:
    """What others do not grant at this moment, in sentences."""
    try:
        entry_of(experiment)
    except NotReady as missing:
        return missing.problems
    return []


def _holdout(experiment: Experiment) -> list[Filter]:
    held = Holdout.objects.filter(project_id=experiment.project_id, share__gt=0).first()
    return [Filter("holdout", held.seed, ((held.share, 1.0),))] if held else []


def namespace_seed(key: str) -> str:
    """As GrowthBook's ``inNamespace`` hashes it."""
    return f"__{key}"


def _namespace(experiment: Experiment, problems: list[str]) -> list[Filter]:
    if experiment.namespace is None:
        return []
    seed, share = namespace_seed(experiment.namespace.key), experiment.namespace_share
    others = live_phases(experiment.project_id).filter(experiment__namespace=experiment.namespace)
    taken = [limits for phase in others.exclude(experiment=experiment) for limits in _piece(plan_of(phase.plan), seed)]
    found = first_gap(taken, share)
    if found is None:
        sentence = _(
            "The exclusion group “%(group)s” has %(free)s %% left in one piece; this test asks for %(share)s %%."
        )
        free, wanted = f"{100 * largest_gap(taken):g}", f"{100 * share:g}"
        problems.append(sentence % {"group": experiment.namespace.name, "free": free, "share": wanted})
        return []
    return [Filter("outside_namespace", seed, (found,), version=1)]


def _piece(plan: Plan, seed: str) -> tuple[Range, ...]:
    """What a plan takes of a group for itself: its own filter stands before those of the tests that it builds on."""
    named = (one.ranges for one in plan.filters if one.reason == "outside_namespace" and one.seed == seed)
    return next(named, ())


def live_phases(project_id: int) -> QuerySet[Phase]:
    live = Phase.objects.filter(experiment__project_id=project_id, experiment__status__in=LIVE, ended_at=None)
    return live.select_related("experiment").order_by("id")


def saved_lists(project_id: int, keys: Collection[str]) -> dict[str, tuple[Any, ...]]:
    """By key, the values as they are now; those that the project does not have are missing."""
    rows = SavedGroup.objects.filter(project_id=project_id, key__in=keys)
    return {key: tuple(values) for key, values in rows.values_list("key", "values")}


def _private(project_id: int, keys: Collection[str]) -> set[str]:
    if not keys:
        return set()
    rows = SavedGroup.objects.filter(project_id=project_id, key__in=keys, public=False)
    return set(rows.values_list("key", flat=True))


def _own_groups(experiment: Experiment, problems: list[str]) -> dict[str, tuple[Any, ...]]:
    wanted = groups_named(experiment.condition)
    if not wanted:
        return {}
    found = saved_lists(experiment.project_id, wanted)
    problems += [
        _("The audience names the list “%(key)s”, which this project does not have.") % {"key": key}
        for key in sorted(wanted - found.keys())
    ]
    return found


def _prerequisites(experiment: Experiment, problems: list[str]) -> list[tuple[Phase, set[str]]]:
    """The open phase of each test that this one builds on, with the variants whose people may enter."""
    rows = experiment.prerequisites
    if not rows:
        return []
    phases = {phase.experiment.key: phase for phase in live_phases(experiment.project_id)}
    found = []
    for row in rows:
        phase = phases.get(row["experiment"])
        if sentence := _unfit(experiment, row, phase):
            problems.append(sentence)
        elif phase is not None:
            found.append((phase, set(row["variants"])))
    return found


def _unfit(experiment: Experiment, row: Mapping[str, Any], phase: Phase | None) -> str | None:
    if phase is None:
        told = _("This test takes only people of “%(key)s”, which is not running: start that one first.")
        return told % {"key": row["experiment"]}
    plan, name = plan_of(phase.plan), phase.experiment.name
    if plan.external:
        return _("“%(name)s” is split by another system, so its people cannot be told apart here.") % {"name": name}
    if experiment.namespace_id is not None and phase.experiment.namespace_id == experiment.namespace_id:
        return _("“%(name)s” is in the same exclusion group, so none of its people can be in this test.") % {
            "name": name
        }
    if plan.unit != experiment.unit:
        return _("“%(name)s” is split by another unit: both must be split by visitor, or both by user.") % {
            "name": name
        }
    unknown = set(row["variants"]) - {variant.key for variant in plan.variants}
    if unknown or not row["variants"]:
        told = _("Choose variants of “%(name)s” whose people take part; it has: %(variants)s.")
        return told % {"name": name, "variants": ", ".join(variant.key for variant in plan.variants)}
    return None


def _apart(plan: Plan, groups: Groups, mark: str) -> Mapping[str, str]:
    """New names for the other test's lists: one that was changed since keeps its old values under a name of its own."""
    return {key: f"{key}{mark}" for key, values in plan.groups.items() if groups.get(key, values) != values}
