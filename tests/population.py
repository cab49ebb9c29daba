"""A random crowd that does everything people do to an experiment: one seed, one crowd."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from itertools import count
from random import Random
from typing import Any

from experiments import lifecycle
from experiments.models import Enrolment, Experiment, ExperimentGoal, GoalTotal, Phase, Tally
from experiments.phases import plan_of
from experiments.plan import Plan
from experiments.rebuild import EXPOSURE
from tests.factories import make_experiment, make_goal, make_project
from tracking import dues, marks
from tracking.capture import capture
from tracking.marks import Decision
from tracking.models import Event, Goal, Mark, Person, Project, Visitor
from tracking.wire.native import IncomingEvent

START = datetime(2026, 3, 27, 12, tzinfo=UTC)  # clocks change within the week in many places
STOP = START + timedelta(days=4)
LATER = START + timedelta(days=60)
SECOND = timedelta(seconds=1)
WINDOW = 2

Sent = tuple[str, IncomingEvent]

VALUES = [
    *(0, 1, 7, -3.25, 19.99, 0.1, 0.2, 1234567.891234, 0.0000005, 0.0000015, 0.0000025, -0.0000005, 1e12, 1e13, 1e30),
    *(
        "12.50",
        " 5 ",
        "+.5",
        "1e3",
        "1e-7",
        "0.00000150",
        "1_000",
        "12,5",
        "NaN",
        "Infinity",
        "-1e999",
        "１２",
        "",
        "9" * 31,
    ),
    *("1000000000000.0000000000000000000001", "0x10", True, False, None, [1], {"a": 1}, 2**53, -(2**62)),
]
PAGES = [
    "/shop/cart",
    "/shop",
    "/",
    "SHOP",
    "3",
    3,
    3.0,
    1e-7,
    10,
    True,
    False,
    None,
    ["/shop"],
    {"/shop": 1},
    "ціни /shop",
    "€",
]
# A double click, a page loaded again, and the next visit.
AGAIN = [
    *((), (), ()),
    (SECOND / 2,),
    (SECOND, timedelta(microseconds=999_999)),
    (SECOND / 2, SECOND / 2, SECOND / 2),
    (timedelta(minutes=30), timedelta(minutes=29), timedelta(minutes=31)),
]
TRANSACTIONS = ["o-1", " o-1 ", "o-2", 1, 1.0, 2.5, "", "null", "Undefined", None, ["o-1"], "0"]
CONTEXTS: list[dict[str, Any]] = [
    *({}, {}, {}),
    *({"session_id": "s1"}, {"session_id": "s2"}, {"session_id": 5}, {"session_id": ["s1"]}, {"session_id": ""}),
    *({"url": "/a"}, {"url": "/b", "session_id": "s1"}),
]
CONDITIONS = [
    ("equals", "/shop"),
    ("equals", "true"),
    ("equals", "3"),
    ("equals", "0.0000001"),
    ("not_equals", "/"),
    ("contains", "shop"),
    ("starts_with", "/sh"),
    ("at_least", "3"),
    ("at_most", "2.5"),
    ("at_most", "no number"),
]


class Crowd:
    """Three running tests of one project, and ``sent``: all that was sent, each with its kind of key, some twice."""

    def __init__(self, seed: int, *, people: int = 60) -> None:
        self.seed, self.random, self._ids = seed, Random(seed), count()
        self.project = make_project()
        self.goals = _goals(self.project)
        self.cta = self._start("cta", "cta", coverage=0.9)
        self.login = self._start("login", "json", unit="user")
        self.mail = self._start("mail", "external", variants=["none", "men", "women"])
        self.plans = {phase.experiment_id: plan_of(phase.plan) for phase in Phase.objects.all()}
        self.sent: list[Sent] = [sent for number in range(people) for sent in self._deeds_of(number)]
        self.sent += self.random.sample(self.sent, len(self.sent) // 20)
        self.random.shuffle(self.sent)
        for place in self.random.sample(range(people), people // 10):
            decision = Decision(self.random.choice(list(Mark)), "for a reason")
            marks.make(self.project.pk, f"{place}.0", decision, at=START)

    def _start(self, key: str, kind: str, **fields: Any) -> Experiment:
        experiment = make_experiment(self.project, key, kind=kind, goals=self.goals, **fields)
        phase = lifecycle.start(experiment, at=START)
        # Who is assigned what belongs to the crowd too: the seed that a start draws is replaced by one of ours.
        phase.seed = f"{key}-{self.seed}"
        phase.plan |= {"seed": phase.seed}
        phase.save(update_fields=["seed", "plan"])
        return experiment

    def stop_the_mail(self) -> None:
        lifecycle.stop(self.mail, at=STOP, now=LATER)

    def ask_one_more(self) -> None:
        late = make_goal(self.project, "late", event="purchase", measure="sum", property="value", window=WINDOW)
        lifecycle.add_goal(self.cta, ExperimentGoal.objects.create(experiment=self.cta, goal=late, role="secondary"))

    def _deeds_of(self, number: int) -> Iterable[Sent]:
        """A user on up to three devices, a passer-by without a user, or two users of one computer."""
        kind = self.random.choices(["user", "lone", "shared"], [5, 4, 1])[0]
        users = {"user": [f"user-{number}"], "lone": [""], "shared": [f"wife-{number}", f"man-{number}"]}[kind]
        for device in range(self.random.randint(1, 3) if kind == "user" else 1):
            visitor = f"{number}.{device}"
            for user in users:
                yield from self._visit(visitor, user)

    def _visit(self, visitor: str, user: str) -> Iterable[Sent]:
        met_at = START + timedelta(seconds=self.random.randint(-3600 * 12, 3600 * 24 * 6))
        if user:
            yield self._sent("login", visitor, user, met_at + self.random.choice([-SECOND, SECOND]), {})
        for experiment in self.random.choices([self.cta, self.login, self.mail], k=self.random.randint(0, 4)):
            moment = met_at + self.random.choice([timedelta(0), SECOND, timedelta(hours=5)])
            claim = self._claim(self.plans[experiment.id], visitor, user)
            yield self._sent(EXPOSURE, visitor, self._known(user), moment, claim)
        for _ in range(self.random.randint(0, 6)):
            after = self.random.choice([timedelta(0), timedelta(days=WINDOW), timedelta(days=WINDOW) - SECOND, -SECOND])
            jitter = timedelta(seconds=self.random.choice([0, 0, self.random.randint(-3600 * 24, 3600 * 72)]))
            name = self.random.choice(["purchase", "purchase", "click", "other"])
            moment, properties = met_at + after + jitter, self._bought()
            yield self._sent(name, visitor, self._known(user), moment, properties)
            for gap in self.random.choice(AGAIN):
                moment += gap
                yield self._sent(name, visitor, self._known(user), moment, dict(properties))

    def _claim(self, plan: Plan, visitor: str, user: str) -> dict[str, Any]:
        assigned = plan.variant_of(user if plan.unit == "user" else visitor)
        honest = assigned and not plan.external and self.random.random() < 0.85
        variant = assigned.key if assigned and honest else self.random.choice([*plan.variants]).key
        claim: dict[str, Any] = {"experiment": plan.experiment, "variant": variant}
        if self.random.random() < 0.1:
            claim["phase"] = self.random.choice([1, 1.0, 2, True, None, "1"])
        if self.random.random() < 0.05:
            claim["variant"] = self.random.choice(["nobody's", None, 1, ["men"], {"a": 1}])
        if self.random.random() < 0.3:
            claim["covariates"] = self.random.choice([{"visits": 3, "spent": 0.1}, {"deep": [0.1, 1e30]}, "none", None])
        return claim

    def _bought(self) -> dict[str, Any]:
        properties = {"value": self.random.choice(VALUES), "page": self.random.choice(PAGES)}
        if self.random.random() < 0.5:
            properties["currency"] = self.random.choice(["EUR", "EUR", "EUR", "USD", None, 5])
        if self.random.random() < 0.4:
            properties["transaction_id"] = self.random.choice(TRANSACTIONS)
        if self.random.random() < 0.1:
            del properties[self.random.choice(["value", "page"])]
        return properties

    def _known(self, user: str) -> str:
        return user if self.random.random() < 0.7 else ""

    def _sent(self, name: str, visitor: str, user: str, moment: datetime, properties: dict[str, Any]) -> Sent:
        source = self.random.choices(["import", "client", "secret"], [8, 1, 1])[0]
        mark = self.random.choices(["", "test", "bot"], [94, 5, 1])[0]
        context = self.random.choice(CONTEXTS)
        event_id = f"{self.random.choice('aZé')}{next(self._ids)}"
        return source, IncomingEvent(event_id, name, visitor, user, moment, properties, context, mark)


def _goals(project: Project) -> list[Goal]:
    bought = {"event": "purchase", "window": WINDOW}
    plain = [
        make_goal(project, "order", level="macro", measure="once", **bought),
        make_goal(project, "orders", measure="count", **bought),
        make_goal(project, "visits", measure="once_per_session", **bought),
        make_goal(project, "views", event="click", measure="once_per_session"),
        make_goal(project, "revenue", measure="sum", property="value", currency="EUR", **bought),
        make_goal(project, "clicks", event="click", measure="count", window=1),
        make_goal(project, "met", event=EXPOSURE, measure="count", window=3),
    ]
    narrow = [
        make_goal(project, f"narrow-{place}", measure="sum", property="value", conditions=[condition], **bought)
        for place, condition in enumerate(
            {"property": "page", "operator": operator, "value": value} for operator, value in CONDITIONS
        )
    ]
    return plain + narrow


def send(project: Project, sent: Iterable[Sent]) -> None:
    """Capture, one batch for each kind of key."""
    batches: dict[str, list[IncomingEvent]] = {}
    for source, event in sent:
        batches.setdefault(source, []).append(event)
    for source, batch in batches.items():
        answers = {receipt.status for receipt in capture(project.id, batch, source)}
        assert answers <= {"stored", "duplicate"}


def numbers(project: Project) -> dict[str, Any]:
    """All that rollups keep of a project, under names that outlive a rebuild."""
    phases = {"phase__experiment__project": project}
    tallies = Tally.objects.filter(**phases).exclude(persons=0, total=0, squares=0)
    people = Enrolment.objects.filter(**phases)
    totals = GoalTotal.objects.filter(enrolment__phase__experiment__project=project)
    return {
        "tallies": set(
            tallies.values_list("phase", "variant", "goal", "excluded", "day", "persons", "total", "squares")
        ),
        "enrolments": set(people.values_list("phase", "person__key", "variant", "exposed_at", "excluded")),
        "totals": set(totals.values_list("enrolment__phase", "enrolment__person__key", "goal", "value")),
    }


def forget_everything(project: Project) -> None:
    """As if no worker had ever run: only the events are left, and everyone is due."""
    phases = {"phase__experiment__project": project}
    for table in (
        GoalTotal.objects.filter(enrolment__phase__experiment__project=project),
        Tally.objects.filter(**phases),
    ):
        table.delete()
    for rows in (Enrolment.objects.filter(**phases), Visitor.objects.filter(project=project)):
        rows.delete()
    Person.objects.filter(project=project).delete()
    dues.mark(project.id, set(Event.objects.filter(project=project).values_list("visitor_id", flat=True)))
