"""From what clients send to what is counted: one person is counted once, whatever they send, when, and how often."""

from datetime import UTC, datetime, timedelta

import pytest

from experiments import lifecycle, rollups
from experiments.models import Enrolment, Phase, Tally
from experiments.phases import plan_of
from tests.factories import make_experiment, make_goal, make_key, make_project
from tests.wsgi import ask
from tracking.access import KEYRING
from tracking.models import Due, Visitor

HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def keys(db):
    KEYRING.forget()
    yield
    KEYRING.forget()


@pytest.fixture
def now():
    return datetime.now(UTC)


class Shop:
    """A running test of two variants with two goals; everything goes in by a door."""

    def __init__(self, now):
        self.now, self.project = now, make_project()
        self.token = make_key(self.project, "client")[1]
        self.sent = 0
        bought = make_goal(self.project, "bought", level="macro", event="purchase", measure="count")
        self.experiment = make_experiment(self.project, "cta", goals=[bought])
        lifecycle.start(self.experiment, at=now - 6 * 24 * HOUR)
        self.plan = plan_of(Phase.objects.get(experiment=self.experiment).plan)

    def send(self, name, visitor="ann", *, user="", ago=HOUR, times=1, **properties):
        events = []
        for _ in range(times):
            self.sent += 1
            one = {"id": f"e{self.sent}", "name": name, "visitor_id": visitor, "properties": properties}
            events.append({**one, "user_id": user or None, "occurred_at": (self.now - ago).isoformat()})
        return self.post("/v1/events", {"events": events}).json["results"]

    def post(self, path, body):
        reply = ask("POST", path, body, key=self.token)
        assert reply.status == 200, reply.json
        return reply

    def met(self, visitor="ann", *, variant="", **more):
        own = self.plan.variant_of(visitor).key
        return self.send("experiment_viewed", visitor, experiment="cta", variant=variant or own, **more)

    def counted(self):
        """Persons by reason of exclusion, and all that was counted for the goal."""
        while rollups.roll_up(seconds=30):
            pass
        assert not Due.objects.exists()
        rows = Tally.objects.filter(phase__experiment=self.experiment).exclude(persons=0)
        people = {}
        for row in rows.filter(goal=None):
            people[row.excluded] = people.get(row.excluded, 0) + row.persons
        return people, sum(row.total for row in rows.exclude(goal=None))

    def other(self, variant):
        return next(one.key for one in self.plan.variants if one.key != variant)

    def visitor_in(self, variant, *, but=""):
        names = (f"visitor-{number}" for number in range(100))
        return next(name for name in names if name != but and self.plan.variant_of(name).key == variant)


@pytest.fixture
def shop(now):
    return Shop(now)


def test_an_exposure_that_is_sent_a_thousand_times_enrols_once(shop):
    for _ in range(2):
        assert {one["status"] for one in shop.met(times=500)} == {"stored"}
    shop.send("purchase", ago=HOUR / 2)

    assert shop.counted() == ({"": 1}, 1)


def test_a_variant_that_is_not_there_counts_as_a_mismatch_and_nothing_more(shop):
    shop.met(variant="purple")
    shop.send("purchase", ago=HOUR / 2)

    assert shop.counted() == ({"mismatch": 1}, 0)


def test_the_variant_that_somebody_else_would_get_is_a_mismatch(shop):
    shop.met(variant=shop.other(shop.plan.variant_of("ann").key))

    assert shop.counted() == ({"mismatch": 1}, 0)


def test_a_test_of_another_project_and_a_draft_enrol_nobody(shop, now):
    other = Shop(now)
    make_experiment(shop.project, "draft")
    other.experiment.key = "theirs"
    other.experiment.save()
    shop.send("experiment_viewed", experiment="theirs", variant="green")
    shop.send("experiment_viewed", experiment="draft", variant="green")

    assert shop.counted() == other.counted() == ({}, 0)
    assert not Enrolment.objects.exists()


def test_a_draft_that_is_started_later_enrols_nobody_who_saw_it_before(shop, now):
    draft = make_experiment(shop.project, "draft")
    shop.send("experiment_viewed", experiment="draft", variant="green")
    lifecycle.start(draft, at=now)
    shop.counted()

    assert not Enrolment.objects.filter(phase__experiment=draft).exists()


def test_a_login_changes_no_variant_and_counts_nobody_twice(shop):
    shop.met(ago=3 * HOUR)
    assert shop.counted() == ({"": 1}, 0)
    before = Enrolment.objects.get()

    shop.send("login", user="ann@work", ago=2 * HOUR)
    shop.met(user="ann@work")
    shop.send("purchase", user="ann@work", ago=HOUR / 2)

    assert shop.counted() == ({"": 1}, 1)
    after = Enrolment.objects.get()
    assert (after.variant, after.exposed_at, after.person.key) == (before.variant, before.exposed_at, "u:ann@work")


def test_a_user_on_two_devices_in_one_variant_is_one_person(shop):
    variant = shop.plan.variant_of("ann").key
    laptop = shop.visitor_in(variant)
    shop.met(user="u1")
    shop.met(laptop, user="u1")
    shop.send("purchase", "ann", ago=HOUR / 2, value=1)
    shop.send("purchase", laptop, ago=HOUR / 4, value=1)

    assert shop.counted() == ({"": 1}, 2)


def test_a_user_who_saw_two_variants_is_mixed_and_so_are_those_who_turn_out_to_be_one(shop):
    laptop = shop.visitor_in(shop.other(shop.plan.variant_of("ann").key))
    shop.met()
    shop.met(laptop)
    shop.send("purchase", ago=HOUR / 2)
    assert shop.counted() == ({"": 2}, 1)

    shop.send("login", user="u1")
    shop.send("login", laptop, user="u1")

    assert shop.counted() == ({"mixed": 1}, 0)


def test_a_computer_of_two_users_is_shared_and_not_counted(shop):
    shop.met(user="u1")
    assert shop.counted() == ({"": 1}, 0)

    shop.send("login", user="u2")

    assert shop.counted() == ({"shared": 1}, 0)


def test_who_is_made_known_after_the_conversions_is_one_person_all_the_same(shop):
    variant = shop.plan.variant_of("ann").key
    phone = shop.visitor_in(variant)
    shop.met(ago=3 * HOUR)
    shop.send("purchase", phone, ago=2 * HOUR)
    assert shop.counted() == ({"": 1}, 0)

    shop.send("identify", phone, user="u1", ago=HOUR / 2)
    shop.send("identify", "ann", user="u1", ago=HOUR / 2)

    assert shop.counted() == ({"": 1}, 1)


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("/v1/identify", {"anonymousId": "phone", "userId": "u1"}),
        ("/v1/alias", {"previousId": "phone", "userId": "u1"}),
        ("/v1/a", {"previousId": "phone", "userId": "u1"}),
    ],
)
def test_identify_and_alias_of_segment_s_clients_link_a_visitor_to_a_user(shop, path, message):
    shop.send("page_view", "phone")
    shop.post(path, {**message, "messageId": "m1", "writeKey": shop.token})
    shop.counted()

    assert Visitor.objects.get(visitor_id="phone").person.key == "u:u1"


NOBODY = ["null", "undefined", "", " ", "0", "NaN", "None", "anonymous", "00000000-0000-0000-0000-000000000000"]


@pytest.mark.parametrize("visitor", NOBODY)
def test_an_id_that_names_nobody_is_refused_and_enrols_nobody(shop, visitor):
    (answer,) = shop.met(visitor, variant="green")

    assert (answer["status"], answer["reason"]) == ("rejected", "illegal_visitor_id")
    assert shop.counted() == ({}, 0)


def test_an_id_is_the_same_however_it_is_written_at_both_doors(shop):
    nfc, nfd = "z\u00e9", " ze\u0301 "
    asked = ask("POST", "/v1/assign", {"visitor_id": nfd}, key=shop.token).json
    shop.met(nfc)
    shop.met(nfd, variant=asked["assignments"]["cta"]["variant"])
    shop.met("Z\u00c9")

    assert (asked["visitor_id"], shop.counted()) == (nfc, ({"": 2}, 0))


def test_a_conversion_that_comes_before_its_exposure_is_counted_once_that_arrives(shop):
    shop.send("purchase", ago=HOUR)
    assert shop.counted() == ({}, 0)

    shop.met(ago=2 * HOUR)
    assert shop.counted() == ({"": 1}, 1)


def test_a_conversion_that_happened_before_its_exposure_never_counts(shop):
    shop.met(ago=HOUR)
    shop.send("purchase", ago=2 * HOUR)

    assert shop.counted() == ({"": 1}, 0)


@pytest.mark.parametrize("late", [HOUR, 3 * 24 * HOUR])
def test_what_comes_late_lands_on_its_own_day_also_when_the_test_has_stopped(shop, now, late):
    lifecycle.stop(shop.experiment, at=now, now=now)
    shop.met(ago=late)
    shop.send("purchase", ago=late - HOUR / 2)

    assert shop.counted() == ({"": 1}, 1)
    assert set(Tally.objects.exclude(persons=0).values_list("day", flat=True)) == {(now - late).date()}


def test_what_comes_after_the_end_of_a_test_converts_who_met_it_before(shop, now):
    shop.met(ago=2 * HOUR)
    lifecycle.stop(shop.experiment, at=now - HOUR, now=now)
    shop.met("visitor-1", ago=HOUR / 2)
    shop.send("purchase", ago=HOUR / 2)

    assert shop.counted() == ({"": 1}, 1)


def test_a_click_and_a_submit_a_double_click_and_a_reload_are_one_person_at_most(shop, now):
    shop.met(ago=2 * HOUR)
    for ago in (HOUR, HOUR - timedelta(milliseconds=50), HOUR / 2):
        shop.send("purchase", ago=ago, transaction_id="o-1")
    shop.send("purchase", ago=HOUR / 4, page_path="/thanks")
    shop.send("purchase", ago=HOUR / 4 - timedelta(milliseconds=50), page_path="/thanks")

    assert shop.counted() == ({"": 1}, 2)
