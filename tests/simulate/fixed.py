"""Read once, at a fixed horizon: false calls by direction, intervals that cover, guardrails at their margin."""

from dataclasses import dataclass
from decimal import Decimal

import numpy as np

from experiments.stats.registry import compare, not_worse
from experiments.stats.samples import Sample
from tests.simulate import peer
from tests.simulate.draws import AMOUNT_MEAN, once, paid_once
from tests.simulate.scenes import ALPHA


@dataclass(frozen=True)
class Fixed:
    """Two arms, control first. measure: once, or sum of amounts that this share of people pays.

    peer_share: of the draws, that gbstats answers too.
    """

    people: tuple[int, int]
    rates: tuple[float, float]
    measure: str = "once"
    peer_share: float = 0.0

    @property
    def means(self):
        return [rate * (AMOUNT_MEAN if self.measure == "sum" else 1) for rate in self.rates]

    def arms(self, random, draws):
        """Pairs of samples."""
        if self.measure == "once":
            found = [once(random, self.people, self.rates, draws)] * 3
        else:
            found = paid_once(random, self.people, self.rates, draws)
        for drawn in zip(*(part.tolist() for part in found), strict=True):
            yield [
                Sample(people, converted, Decimal(total), Decimal(squares))
                for people, converted, total, squares in zip(self.people, *drawn, strict=True)
            ]


def compared(setting, draws, random):
    """direction of what is called; whether each interval holds the truth (nan: not given)."""
    pairs = list(setting.arms(random, draws))
    control, treatment = setting.means
    diff, lift = treatment - control, treatment / control - 1
    seen = np.array([_one(compare(setting.measure, *pair, alpha=ALPHA), diff, lift) for pair in pairs])
    found = dict(zip(("answered", "direction", "diff", "newcombe", "lift"), seen.T, strict=True))
    return found | _of_peer(setting, pairs[: round(draws * setting.peer_share)], draws, lift)


def _one(comparison, diff, lift):
    p_value = comparison.p_value
    called = p_value is not None and p_value < ALPHA
    return (
        p_value is not None,
        np.sign(comparison.diff) * called,
        holds(comparison.diff_ci, diff),
        holds(comparison.newcombe_ci, diff),
        holds(comparison.lift_ci, lift),
    )


def _of_peer(setting, pairs, draws, lift):
    direction, covers = np.full(draws, np.nan), np.full(draws, np.nan)
    if pairs and peer.is_here():
        asked = [[(arm.n, float(arm.total), float(arm.squares)) for arm in pair] for pair in pairs]
        called, ends = peer.directions(setting.measure, asked)
        direction[: len(pairs)] = called
        covers[: len(pairs)] = (ends[:, 0] <= lift) & (lift <= ends[:, 1])
    return {"peer_direction": direction, "peer_lift": covers}


def holds(interval, truth):
    """1 or 0; nan when no interval was given. An end that is None is unbounded."""
    if interval is None:
        return np.nan
    low, high = interval
    return float((low is None or low <= truth) and (high is None or truth <= high))


@dataclass(frozen=True)
class Margin:
    """A guardrail whose truth lies just on its margin."""

    fixed: Fixed
    margin: float
    desired: str


def at_margin(setting, draws, random):
    """Whether it is called safe."""
    tests = [
        not_worse(setting.fixed.measure, *pair, margin=setting.margin, desired=setting.desired)
        for pair in setting.fixed.arms(random, draws)
    ]
    return {"safe": np.array([test.p_value is not None and test.p_value < ALPHA for test in tests], dtype=float)}


def on_margin(people, rate, margin, *, measure="once", desired="increase"):
    harmed = rate * (1 - margin if desired == "increase" else 1 + margin)
    return Margin(Fixed(people, (rate, harmed), measure), margin, desired)
