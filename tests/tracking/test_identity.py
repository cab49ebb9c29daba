"""Which person a visitor belongs to, whatever the order in which that becomes known."""

import threading
from datetime import UTC, datetime

import pytest
from django.db import connection, transaction

from tests.factories import make_project
from tracking import identity
from tracking.capture import capture
from tracking.models import Person, Visitor
from tracking.wire.native import IncomingEvent

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def shop():
    return make_project()


def seen(project, visitor, *users):
    """The visitor sends an event as each of these users; an empty one is nobody."""
    events = [
        IncomingEvent(f"{visitor}-{user}", "page_view", visitor, user, NOON, {}, {}, "") for user in users or [""]
    ]
    capture(project.id, events, "client")


def settle(project, *visitors):
    """The keys of the persons whose events may have changed."""
    with transaction.atomic():
        ids = identity.settle(project.id, visitors)
    return set(Person.objects.filter(id__in=ids).values_list("key", flat=True))


def links(project):
    rows = Visitor.objects.filter(project=project)
    return {visitor: (key, shared) for visitor, key, shared in rows.values_list("visitor_id", "person__key", "shared")}


@pytest.mark.parametrize(
    ("users", "key"), [((), "v:phone"), (("ann",), "u:ann"), (("ann", "bob"), "v:phone")], ids=["none", "one", "two"]
)
def test_exactly_one_user_makes_a_visitor_that_user(users, key):
    assert identity.person_key("phone", users) == key


@pytest.mark.django_db
def test_a_visitor_without_a_user_is_a_person_of_its_own(shop):
    seen(shop, "phone")

    assert settle(shop, "phone") == {"v:phone"}
    assert links(shop) == {"phone": ("v:phone", False)}


@pytest.mark.django_db
def test_all_devices_of_a_user_are_one_person(shop):
    seen(shop, "phone", "ann")
    seen(shop, "laptop", "", "ann")

    assert settle(shop, "phone", "laptop") == {"u:ann"}
    assert links(shop) == {"phone": ("u:ann", False), "laptop": ("u:ann", False)}


@pytest.mark.django_db
def test_a_login_touches_the_person_left_and_the_person_joined(shop):
    seen(shop, "phone")
    settle(shop, "phone")
    seen(shop, "phone", "ann")

    assert settle(shop, "phone") == {"v:phone", "u:ann"}
    assert links(shop) == {"phone": ("u:ann", False)}


@pytest.mark.django_db
def test_a_second_user_makes_the_computer_shared_and_gives_the_first_one_back(shop):
    seen(shop, "phone", "ann")
    seen(shop, "desk", "ann")
    settle(shop, "phone", "desk")
    seen(shop, "desk", "bob")

    assert settle(shop, "desk") == {"u:ann", "v:desk"}
    assert links(shop) == {"phone": ("u:ann", False), "desk": ("v:desk", True)}


@pytest.mark.django_db
def test_settling_again_moves_nobody(shop):
    seen(shop, "desk", "ann", "bob")
    settle(shop, "desk")

    assert settle(shop, "desk") == {"v:desk"}
    assert links(shop) == {"desk": ("v:desk", True)}


@pytest.mark.django_db
def test_the_same_ids_in_another_project_are_other_people(shop):
    other = make_project()
    seen(shop, "phone", "ann")
    seen(other, "phone", "bob")

    settle(shop, "phone")
    settle(other, "phone")

    assert (links(shop), links(other)) == ({"phone": ("u:ann", False)}, {"phone": ("u:bob", False)})


@pytest.mark.django_db
def test_a_person_is_told_with_all_visitors_and_one_without_any_is_absent(shop):
    seen(shop, "phone", "ann")
    seen(shop, "desk", "ann", "bob")
    settle(shop, "phone", "desk")
    Person.objects.create(project=shop, key="u:nobody")

    found = identity.persons(Person.objects.values_list("id", flat=True))

    assert sorted(found.values()) == [("", True, ["desk"]), ("ann", False, ["phone"])]


@pytest.mark.django_db(transaction=True)
def test_workers_that_settle_the_same_visitors_in_any_order_do_not_stop_each_other(shop):
    visitors, failures = [f"v{number}" for number in range(60)], []
    for place, visitor in enumerate(visitors):
        seen(shop, visitor, f"user-{place % 7}")

    def work(step):
        try:
            for start in range(0, len(visitors), 5):
                settle(shop, *(visitors[::step] * 2)[start : start + 20])
        except BaseException as error:
            failures.append(error)
            raise
        finally:
            connection.close()

    workers = [threading.Thread(target=work, args=[step]) for step in (1, -1, 1, -1)]
    [worker.start() for worker in workers]
    [worker.join() for worker in workers]

    assert not failures
    assert links(shop) == {visitor: (f"u:user-{place % 7}", False) for place, visitor in enumerate(visitors)}
