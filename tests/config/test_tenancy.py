"""Nothing of a project is visible in the admin to people of another one: every address, with every id."""

import re
from collections.abc import Iterator

import pytest
from django.apps import apps
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import Permission
from django.contrib.contenttypes.models import ContentType
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils import translation

from experiments.models import Experiment
from tests.factories import make_colleague
from tests.tenants import FAR, far_ids, furnished, rows_of
from tracking.models import Project
from tracking.tenancy import paths, projects_of, visible

pytestmark = [pytest.mark.django_db, pytest.mark.timeout(300)]

OTHER = "quokka"
# Nobody's: as long as the ids of the other project, so that pages with either are of one length.
MISSING = 88_800_000
NO_RECEIPT = "00000000-0000-4000-8000-000000000000"
# What changes from one answer to the next, whatever is asked.
FRESH = re.compile(r'name="csrfmiddlewaretoken" value="\w+"|"X-CSRFToken": "\w+"|nonce="[^"]+"')
PEOPLE = ("viewer", "editor", "superuser")


# ---- the registry ----


def way_to_project(model, seen=()):
    relations = [one for one in model._meta.concrete_fields if one.is_relation]
    targets = {one.related_model for one in relations} - {*seen, model}
    return model is Project or any(way_to_project(target, (*seen, model)) for target in targets)


def test_every_table_with_a_way_to_a_project_is_in_the_registry():
    found = {model for model in apps.get_models() if way_to_project(model)}

    assert {Project, Experiment} < found
    assert found == set(paths())


def test_the_registry_names_the_way(world):
    shop, _ids = world["other"]

    for model, path in paths().items():
        rows = visible(model._base_manager.all(), world["viewer"])
        assert rows.count() == model._base_manager.filter(**{path: world["own"][0].pk}).count(), model
        assert not rows.filter(**{path: shop.pk}).exists()


def test_whoever_has_left_sees_nothing(world):
    gone = make_colleague(projects=[world["own"][0]], is_active=False)

    assert not projects_of(gone).exists()


# ---- the world ----


@pytest.fixture(scope="module")
def world(django_db_setup, django_db_blocker):
    """Made once: each test takes back what it has changed itself."""
    with django_db_blocker.unblock(), transaction.atomic(), translation.override("en"):
        yield make_world()
        transaction.set_rollback(True)


def make_world():
    """``own``, ``other``: a project and the ids of what is in it; and people of the first one, by what they may."""
    own = furnished("alder")
    with far_ids():
        other = furnished(OTHER)
    ours = Permission.objects.filter(content_type__app_label__in=["tracking", "experiments"])
    rights = list(ours.values_list("codename", flat=True))
    viewer = make_colleague(*(one for one in rights if one.startswith("view_")), projects=[own[0]])
    editor = make_colleague(*rights, projects=[own[0]])
    # Somebody who was in the other project once has done something there.
    experiment = {"content_type": ContentType.objects.get_for_model(Experiment), "object_id": other[1]["experiment"]}
    LogEntry.objects.create(user=editor, action_flag=CHANGE, object_repr=f"{OTHER} thing", **experiment)
    superuser = make_colleague(name="root", is_superuser=True, projects=[])
    return {"own": own, "other": other, "viewer": viewer, "editor": editor, "superuser": superuser}


@pytest.fixture
def asked(world):
    """As if in a new browser: what was said on one page would be shown on the next."""

    def ask(person, method, url, sent=None):
        client = Client(raise_request_exception=False)
        client.force_login(world[person])
        return getattr(client, method.lower())(url, sent or {}, follow=True)

    return ask


def admin_routes(patterns=None, before="") -> Iterator[str]:
    for pattern in get_resolver().url_patterns if patterns is None else patterns:
        route = before + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from admin_routes(pattern.url_patterns, route)
        elif isinstance(pattern, URLPattern) and route.startswith("admin/"):
            yield route


UNMINDFUL = {"admin/login/", "admin/logout/", "admin/(?P<url>.*)$"}
ROUTES = sorted({*admin_routes()} - UNMINDFUL)
WITH_ID = [route for route in ROUTES if "<" in route and "app_label" not in route and "/auth/" not in route]
WITHOUT_ID = [route for route in ROUTES if "<" not in route] + ["admin/tracking/", "admin/experiments/", "admin/auth/"]


def table_of(route):
    parts = route.split("/")
    return "project" if "<int:project_id>" in route else "experiment" if parts[1] == "r" else parts[2]


def address(route, row_id):
    content_type = ContentType.objects.get_for_model(Experiment).pk if "<path:content_type_id>" in route else ""
    found = route.replace("<path:content_type_id>", str(content_type))
    return "/" + re.sub(r"<\w+:\w+>", str(row_id), found)


def missing(row_id):
    return NO_RECEIPT if isinstance(row_id, str) or not isinstance(row_id, int) else row_id - FAR + MISSING


def shown(answer, row_id):
    """The way there and the page, with the id that was asked for taken out."""
    way = [(url.replace(str(row_id), "ID"), status) for url, status in answer.redirect_chain]
    return way, answer.status_code, FRESH.sub("", answer.content.decode()).replace(str(row_id), "ID")


def tells(answer, sent=""):
    """Whether it names the other project, or one of its ids that was not sent."""
    page = " ".join([answer.content.decode(), *(url for url, _status in answer.redirect_chain)]).lower()
    return OTHER in page or bool({*re.findall(rf"\b{str(FAR)[:5]}\d{{3}}\b", page)} - {*re.findall(r"\d+", str(sent))})


# ---- the crawl ----


def orders(ids):
    """What a page can be told to do, with ids of the other project wherever one fits."""
    return {
        "erase": {"project": ids["project"], "action": "erase", "kind": "visitor", "id": f"{OTHER[:3]}-x", "one": "x"},
        "delete": {"post": "yes", "action": "delete_selected", "_selected_action": [ids["goal"], ids["key"]]},
        "count": {"action": "count_again", "_selected_action": [ids["visitormark"]], "project": ids["project"]},
        "rules": {"project": ids["project"], "experiment": ids["experiment"], "rules": "keep", "page": "https://a.b/"},
        "retry": {"project": ids["project"], "all": "1", "visitor": ["x"], "seen": "x", "restore": "1"},
    }


@pytest.mark.parametrize("person", ["viewer", "editor"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_an_id_of_another_project_is_answered_as_one_that_does_not_exist(world, asked, person, method):
    project, ids = world["other"]
    before, wrong = rows_of(project), []

    for route in WITH_ID:
        row_id = ids[table_of(route)]
        sent = (
            {"post": "yes", "overlap": "now", "seen_status": "running", "variant": "green"} if method == "POST" else {}
        )
        theirs = asked(person, method, address(route, row_id), sent)
        nobodys = asked(person, method, address(route, missing(row_id)), sent)
        if shown(theirs, row_id) != shown(nobodys, missing(row_id)) or tells(theirs, row_id):
            wrong.append((route, theirs.status_code, nobodys.status_code))

    assert wrong == []
    assert rows_of(project) == before


@pytest.mark.parametrize("person", ["viewer", "editor"])
def test_whatever_a_page_is_asked_it_shows_nothing_of_another_project(world, asked, person):
    project, ids = world["other"]
    before, wrong = rows_of(project), []
    questions = [
        *({}, {"project": project.pk}, {"project__id__exact": project.pk}, {"q": OTHER[:4]}, {"s": OTHER[:4]}),
        *({"id__in": ",".join(str(one) for one in ids.values() if isinstance(one, int))}, {"visitor": "x-ann"}),
        {"app_label": "tracking", "model_name": "goal", "field_name": "leads_to", "term": OTHER[:4]},
        {"project__name__startswith": OTHER[:1], "_popup": "1"},
        {"project": project.pk, "leads_to": ids["goal"], "namespace": ids["namespace"]},
    ]

    for route in WITHOUT_ID:
        for question in questions:
            if tells(asked(person, "GET", f"/{route}", question), question):
                wrong.append((route, question))

    assert wrong == []
    assert rows_of(project) == before


@pytest.mark.parametrize("person", ["viewer", "editor"])
def test_whatever_a_page_is_told_to_do_it_does_nothing_to_another_project(world, asked, person):
    project, ids = world["other"]
    before, wrong = rows_of(project), []

    for route in WITHOUT_ID:
        for name, sent in orders(ids).items():
            answer = asked(person, "POST", f"/{route}", sent)
            wrong += [(route, name)] if tells(answer, sent) or answer.status_code >= 500 else []
            in_address = asked(person, "POST", f"/{route}?project={project.pk}", sent)
            wrong += [(route, name, "address")] if tells(in_address, sent) else []

    assert wrong == []
    assert rows_of(project) == before


@pytest.mark.parametrize("person", ["viewer", "editor"])
def test_the_pages_of_ones_own_project_say_nothing_of_another(world, asked, person):
    ids, wrong, seen = world["own"][1], [], 0

    for route in WITH_ID:
        for row_id in {ids[table_of(route)], ids["live"] if table_of(route) == "experiment" else ids[table_of(route)]}:
            answer = asked(person, "GET", address(route, row_id))
            seen += b"alder" in answer.content
            wrong += [route] if tells(answer) else []

    assert wrong == []
    assert seen > 20


def test_administrators_see_both_so_the_crawl_would_find_what_leaks(world, asked):
    ids = world["other"][1]

    found = {route for route in WITH_ID if tells(asked("superuser", "GET", address(route, ids[table_of(route)])))}
    lists = {route for route in WITHOUT_ID if tells(asked("superuser", "GET", f"/{route}"))}

    assert len(found) > 30
    assert {f"admin/tracking/{table}/" for table in ("goal", "key", "trigger", "visitormark", "project")} < lists
    assert {f"admin/experiments/{table}/" for table in ("experiment", "namespace", "savedgroup", "holdout")} < lists
