"""Made-up people: how many come, who converts, when, and for how much."""

from dataclasses import dataclass

import numpy as np

from tests.simulate.scenes import DAYS, PEOPLE_A_DAY, Course

# Of the log of an amount, in cents: a median of 20.00, and a tail as heavy as that of a shop.
AMOUNT_CENTRE, AMOUNT_SPREAD = np.log(2000), 1.5
AMOUNT_MEAN = float(np.exp(AMOUNT_CENTRE + AMOUNT_SPREAD**2 / 2))


@dataclass(frozen=True)
class Crowd:
    """Who comes in 28 days and what they do. rates: of each arm. amounts: those who convert pay one.

    delay: mean days until a conversion, exponential. split: each arm's share of those who come; even where empty.
    """

    rates: tuple[float, ...]
    amounts: bool = False
    delay: float = 0.0
    split: tuple[float, ...] = ()

    def course(self, random):
        """One goal, one history."""
        arriving = arrivals(random, len(self.rates), self.split)
        people = np.cumsum(arriving, axis=0)
        new = random.binomial(arriving, self.rates)
        if self.delay:
            new = np.stack([_seen_late(random, column, self.delay) for column in new.T], axis=1)
        converted = np.cumsum(new, axis=0)[:, :, np.newaxis]
        if not self.amounts:
            return Course.of_rates(people, converted)
        total, squares = _paid(random, new)
        return Course(people, converted, *(np.cumsum(part, axis=0)[:, :, np.newaxis] for part in (total, squares)))


def arrivals(random, arms, split=()):
    """(days, arms): as many people every day, each by chance in one arm."""
    return random.multinomial(PEOPLE_A_DAY * arms, split or [1 / arms] * arms, size=DAYS)


def _seen_late(random, converting, delay):
    """Conversions by the day they happen, of those who came on each day; some only after the test."""
    came = np.repeat(np.arange(DAYS), converting)
    happens = came + random.random(len(came)) + random.exponential(delay, len(came))
    return np.bincount(happens.astype(int), minlength=DAYS)[:DAYS]


def _paid(random, payers):
    """Sums and sums of squares of so many amounts, exact in cents."""
    ends = np.cumsum(payers.ravel())
    amounts = np.maximum(1, np.rint(random.lognormal(AMOUNT_CENTRE, AMOUNT_SPREAD, ends[-1]))).astype(np.int64)
    found = []
    for values in (amounts, amounts * amounts):
        below = np.concatenate([[0], np.cumsum(values)])
        found.append(np.diff(below[np.concatenate([[0], ends])]).reshape(payers.shape))
    return found


def once(random, people, rates, draws):
    """(draws, 2) of converted, for fixed arms."""
    return random.binomial(people, rates, size=(draws, 2))


def paid_once(random, people, rates, draws):
    """(draws, 2) each of payers, sums and sums of squares, for fixed arms."""
    payers = once(random, people, rates, draws)
    return payers, *_paid(random, payers)


def linked_course(random, rates, likeness):
    """Many goals that people reach together. rates: (arms, goals); likeness: correlation of goals of equal rate.

    Each person has one luck of their own, and each goal is reached with it or, else, with a luck of the goal's own.
    """
    arms, goals = rates.shape
    arriving = arrivals(random, arms)
    found = np.empty((DAYS, arms, goals), dtype=np.int64)
    for arm in range(arms):
        came = int(arriving[:, arm].sum())
        luck = random.random((came, goals), dtype=np.float32)
        shares = random.random((came, goals), dtype=np.float32) < np.sqrt(likeness)
        own = random.random((came, 1), dtype=np.float32)
        reached = np.where(shares, own, luck) < rates[arm].astype(np.float32)
        starts = np.concatenate([[0], np.cumsum(arriving[:-1, arm])])
        found[:, arm] = np.add.reduceat(reached, starts, axis=0, dtype=np.int64)
    return Course.of_rates(np.cumsum(arriving, axis=0), np.cumsum(found, axis=0))
