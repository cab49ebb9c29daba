"""What is simulated, and how often."""

from math import exp

from experiments.stats.planning import Baseline, Design, detectable_lift, rate_baseline
from tests.simulate.daily import Daily, agreed, covered, followed, guarded
from tests.simulate.draws import AMOUNT_MEAN, AMOUNT_SPREAD, Crowd
from tests.simulate.fixed import Fixed, at_margin, compared, on_margin
from tests.simulate.jobs import Job
from tests.simulate.many import Many, Together, counted, discovered, held_together
from tests.simulate.scenes import DAYS, PEOPLE_A_DAY, Scene, goal
from tests.simulate.split import Split, watched

FEWEST_DRAWS = 16
RATE, PAYERS = 0.05, 0.03
PLANNED = 2 * DAYS * PEOPLE_A_DAY
HALVES = Design(shares=(0.5, 0.5))
# What a fixed test of the planned people shows in 80 % of tests.
LIFT = detectable_lift(rate_baseline(RATE), people=PLANNED, design=HALVES).lift or 0.0
_PAID = Baseline(PAYERS * AMOUNT_MEAN, AMOUNT_MEAN**2 * (PAYERS * exp(AMOUNT_SPREAD**2) - PAYERS**2), "mean")
PAID_LIFT = detectable_lift(_PAID, people=PLANNED, design=HALVES).lift or 0.0

MONEY = Scene((goal(measure="sum"),))
NO_PLAN = Scene(planned=False)
MONEY_NO_PLAN = Scene((goal(measure="sum"),), planned=False)
TWO = Scene(arms=3)
SAME, BETTER = Crowd((RATE, RATE)), Crowd((RATE, RATE * (1 + LIFT)))
PAID_SAME, PAID_BETTER = (Crowd((PAYERS, PAYERS * (1 + lift)), amounts=True) for lift in (0.0, PAID_LIFT))
LATE, LATE_BETTER = Crowd(SAME.rates, delay=3.0), Crowd(BETTER.rates, delay=3.0)

EQUAL, UNEQUAL = (5_000, 5_000), (9_000, 1_000)
NULL = {
    "1 % of 1,000 an arm": Fixed((1_000, 1_000), (0.01, 0.01), peer_share=0.5),
    "2 % of 5,000 an arm": Fixed(EQUAL, (0.02, 0.02), peer_share=0.5),
    "revenue, 3 % of 5,000 an arm pay": Fixed(EQUAL, (PAYERS, PAYERS), "sum", peer_share=0.5),
    "1 %, 9,000 against 1,000": Fixed(UNEQUAL, (0.01, 0.01), peer_share=0.5),
    "revenue, 9,000 against 1,000": Fixed(UNEQUAL, (PAYERS, PAYERS), "sum", peer_share=0.5),
}
EFFECT = {
    "2 % to 3 %, 5,000 an arm": Fixed(EQUAL, (0.02, 0.03), peer_share=0.5),
    "10 % to 9 %, 5,000 an arm": Fixed(EQUAL, (0.1, 0.09), peer_share=0.5),
    "revenue, 3 % to 4.5 % of 5,000 an arm pay": Fixed(EQUAL, (0.03, 0.045), "sum", peer_share=0.5),
}
DAILY_NULL = {
    "5 % convert": (Daily(SAME, peer_share=0.05), 12_000),
    "5 % convert, 3 days later in the mean": (Daily(LATE), 8_000),
    "revenue, 3 % pay": (Daily(PAID_SAME, MONEY, peer_share=0.05), 8_000),
    "5 % convert, two treatments": (Daily(Crowd((RATE,) * 3), TWO), 6_000),
    "5 % convert, no plan": (Daily(SAME, NO_PLAN), 8_000),
    "revenue, 3 % pay, no plan": (Daily(PAID_SAME, MONEY_NO_PLAN), 8_000),
}
DAILY_EFFECT = {
    "5 % convert": (Daily(BETTER), 5_000),
    "5 % convert, 3 days later in the mean": (Daily(LATE_BETTER), 4_000),
    "revenue, 3 % pay": (Daily(PAID_BETTER, MONEY), 4_000),
    "5 % convert, half of that effect": (Daily(Crowd((RATE, RATE * (1 + LIFT / 2)))), 5_000),
}
DAILY_COVERED = {
    "5 % convert, no effect": Daily(SAME),
    "5 % convert, planned effect": Daily(BETTER),
    "revenue, 3 % pay, planned effect": Daily(PAID_BETTER, MONEY),
    "5 % convert, two treatments, one with the effect": Daily(Crowd((RATE, RATE * (1 + LIFT), RATE)), TWO),
}
MARGINS = {
    "20 % of 10,000 an arm, margin 2 %": on_margin((10_000, 10_000), 0.2, 0.02),
    "5 % of 5,000 an arm, margin 10 %": on_margin(EQUAL, 0.05, 0.1),
    "refunds, 3 % of 5,000 an arm, margin 10 %": on_margin(EQUAL, 0.03, 0.1, desired="decrease"),
    "revenue, 3 % of 5,000 an arm pay, margin 10 %": on_margin(EQUAL, PAYERS, 0.1, measure="sum"),
}


def _guarded(margin, **fields):
    return Scene((goal(1, "guardrail", margin=margin, **fields),))


DAILY_MARGINS = {
    "20 % convert, margin 2 %": Daily(Crowd((0.2, 0.2 * 0.98)), _guarded(0.02)),
    "refunds, 5 %, margin 10 %": Daily(Crowd((RATE, RATE * 1.1)), _guarded(0.1, desired="decrease")),
    "revenue, 3 % pay, margin 10 %": Daily(Crowd((PAYERS, PAYERS * 0.9), amounts=True), _guarded(0.1, measure="sum")),
}
TEN = Scene(
    (goal(1), goal(2, "guardrail", margin=0.1), *(goal(number, "secondary", "micro") for number in range(3, 11))),
    arms=3,
)
MICRO = Scene((goal(1), *(goal(number, "secondary", "micro") for number in range(2, 12))))
# Five steps before the purchase, each four times as frequent, move as much as the purchase does; five do not move.
STEPS = Many(MICRO, (RATE, *(4 * RATE,) * 10), (LIFT, *(LIFT,) * 5, *(0.0,) * 5))
TOGETHER = {
    f"{goals} goals, {words}": Together(goals, lifts)
    for words, lifts in {"no effect": (0.0,), "every second one moves by 30 %": (0.3, 0.0)}.items()
    for goals in (2, 5, 10)
}
SPLITS = {"two arms": Split((0.5, 0.5)), "three arms": Split((1 / 3,) * 3)}
AGREED = {
    "no effect": (Daily(SAME), 16),
    "planned effect": (Daily(BETTER), 16),
    "conversions 3 days later, planned effect": (Daily(LATE_BETTER), 8),
    "revenue, planned effect": (Daily(PAID_BETTER, MONEY), 8),
    "two treatments, both with the effect": (Daily(Crowd((RATE, *BETTER.rates[1:] * 2)), TWO), 8),
    "no plan, planned effect": (Daily(BETTER, NO_PLAN), 16),
    "a guardrail far from its margin": (Daily(Crowd((0.2, 0.21)), _guarded(0.05)), 8),
}
AGREED_MANY = Many(TEN, (RATE,) * 10, (0.0, 0.0, *(0.4,) * 3, *(0.0,) * 5))


def jobs(scale=1.0):
    """All of them; ``scale`` makes them smaller."""
    listed = [
        *(
            Job(f"null: {name}", compared, one, 40_000 if one.measure == "once" else 20_000)
            for name, one in NULL.items()
        ),
        *(Job(f"effect: {name}", compared, one, 20_000) for name, one in EFFECT.items()),
        *(Job(f"daily null: {name}", followed, *one) for name, one in DAILY_NULL.items()),
        *(Job(f"daily effect: {name}", followed, *one) for name, one in DAILY_EFFECT.items()),
        *(Job(f"daily covered: {name}", covered, one, 3_000) for name, one in DAILY_COVERED.items()),
        *(Job(f"margin: {name}", at_margin, one, 20_000) for name, one in MARGINS.items()),
        *(Job(f"daily margin: {name}", guarded, one, 6_000) for name, one in DAILY_MARGINS.items()),
        *(Job(f"together: {name}", held_together, one, 12_000) for name, one in TOGETHER.items()),
        *(Job(f"split: {name}", watched, one, 10_000) for name, one in SPLITS.items()),
        Job("split: 52 to 48", watched, Split((0.52, 0.48)), 2_000),
        Job("ten", counted, Many(TEN, (RATE,) * 10, (0.0,) * 10, peer_share=0.25), 2_000),
        Job("steps", discovered, STEPS, 2_000),
    ]
    smaller = [Job(job.name, job.measure, job.setting, max(FEWEST_DRAWS, round(job.draws * scale))) for job in listed]
    return [*smaller, *_agreements(scale)]


def _agreements(scale):
    asked = [*AGREED.items(), ("ten goals, three of which move", (AGREED_MANY, 8))]
    return [
        Job(f"agreed: {name}", agreed, one, max(1, round(draws * min(1, 8 * scale)))) for name, (one, draws) in asked
    ]
