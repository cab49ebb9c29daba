"""Answers questions with GrowthBook's gbstats, in its own virtual environment: JSON lines in, JSON lines out.

Its defaults: relative differences by the delta method, no correction, a flat prior.
"""

import json
import sys
import warnings
from time import perf_counter

# Installed only in build/gbstats, see requirements-gbstats.lock; so mypy, which runs elsewhere, cannot see it.
import numpy as np
from gbstats.bayesian.tests import EffectBayesianABTest  # type: ignore[import-not-found]
from gbstats.frequentist.tests import TwoSidedTTest  # type: ignore[import-not-found]
from gbstats.gbstats import process_experiment_results  # type: ignore[import-not-found]
from gbstats.models.statistics import ProportionStatistic, SampleMeanStatistic  # type: ignore[import-not-found]

SECONDS_OF_TIMING = 3.0


def statistic(measure, arm):
    people, total, squares = arm
    if measure == "once":
        return ProportionStatistic(n=people, sum=total)
    return SampleMeanStatistic(n=people, sum=total, sum_squares=squares)


def tested(measure, pairs):
    """[p-value, lift, low, high] of each pair (control, treatment)."""
    answers = []
    for pair in pairs:
        result = TwoSidedTTest(*(statistic(measure, arm) for arm in pair)).compute_result()
        answers.append([float(result.p_value), float(result.expected), *map(float, result.ci)])
    return answers


def chances(measure, pairs):
    """The chance to win of each pair."""
    return [
        float(EffectBayesianABTest(*(statistic(measure, arm) for arm in pair)).compute_result().chance_to_win)
        for pair in pairs
    ]


def timed(measures, goals):
    """Seconds for a whole result, as GrowthBook asks for it, and for its tests alone. goals: the arms of each."""
    question = asked(measures, goals)
    pairs = [(measure, [goal[0], arm]) for measure, goal in zip(measures, goals, strict=True) for arm in goal[1:]]
    return [
        seconds(lambda: process_experiment_results(question)),
        seconds(lambda: [tested(measure, [pair]) for measure, pair in pairs]),
    ]


def seconds(work):
    times, began = [], perf_counter()
    work()
    while perf_counter() - began < SECONDS_OF_TIMING:
        start = perf_counter()
        work()
        times.append(perf_counter() - start)
    return float(np.median(times))


def asked(measures, goals):
    arms = [str(arm) for arm in range(len(goals[0]))]
    rows = [{"dimension": "", "variation": arm, "users": goals[0][int(arm)][0]} for arm in arms]
    metrics = {}
    for place, (measure, goal) in enumerate(zip(measures, goals, strict=True)):
        kind = "binomial" if measure == "once" else "count"
        metrics[f"goal-{place}"] = {
            "id": f"goal-{place}", "name": f"goal-{place}", "statistic_type": "mean", "main_metric_type": kind,
        }  # fmt: skip
        for row, (people, total, squares) in zip(rows, goal, strict=True):
            row |= {f"m{place}_id": f"goal-{place}", f"m{place}_count": people}
            row |= {f"m{place}_main_sum": total, f"m{place}_main_sum_squares": squares}
    return {
        "metrics": metrics,
        "analyses": [{"var_names": arms, "var_ids": arms, "weights": [1 / len(arms)] * len(arms)}],
        "query_results": [{"rows": rows, "metrics": list(metrics)}],
    }


ANSWERS = {"tested": tested, "chances": chances, "timed": timed}

if __name__ == "__main__":
    # Divisions by zero, which it answers with a p-value of 1.
    warnings.simplefilter("ignore")
    for line in sys.stdin:
        question = json.loads(line)
        print(json.dumps(ANSWERS[question["ask"]](question["measure"], question["pairs"])), flush=True)
