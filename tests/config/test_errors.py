"""One JSON shape for every error of the API, whatever went wrong and wherever."""

import json

import pytest
from django.db import DataError, IntegrityError, OperationalError
from django.test import RequestFactory, override_settings
from django.urls import path
from rest_framework.response import Response

from config import errors, urls
from experiments.lifecycle import AlreadyMoved, IllegalMove, NotReady
from tests.factories import make_project
from tests.rest import Rest, rest_of
from tracking.api.views import ApiView
from tracking.wire.http import Refused

pytestmark = pytest.mark.django_db

RAISED = {
    "refused": Refused(418, "teapot", "No coffee.", "cup"),
    "illegal": IllegalMove("No such move."),
    "late": AlreadyMoved("Too late."),
    "unready": NotReady(["One.", "Two."]),
    "unstorable": DataError("secret sql"),
    "conflict": IntegrityError("secret sql"),
    "away": OperationalError("secret host"),
    "bug": ZeroDivisionError("secret value"),
    "deep": RecursionError("secret value"),
}


class Broken(ApiView):
    scopes = {"GET": "read"}

    def get(self, _: object, which: str) -> Response:
        raise RAISED[which]


urlpatterns = [path("api/v1/broken/<str:which>/", Broken.as_view()), *urls.urlpatterns]
handler400, handler404, handler500 = urls.handler400, urls.handler404, urls.handler500


@pytest.mark.parametrize(
    ("which", "status", "found"),
    [
        ("refused", 418, [("teapot", "cup")]),
        ("illegal", 409, [("illegal_move", None)]),
        ("late", 409, [("already_moved", None)]),
        ("unready", 400, [("not_ready", None), ("not_ready", None)]),
        ("unstorable", 400, [("unstorable", None)]),
        ("conflict", 409, [("conflict", None)]),
        ("away", 503, [("unavailable", None)]),
        ("bug", 500, [("error", None)]),
        ("deep", 500, [("error", None)]),
    ],
)
@override_settings(ROOT_URLCONF=__name__)
def test_what_a_view_raises_is_answered_in_one_shape(which, status, found):
    rest = rest_of(make_project())

    assert rest.refused("GET", f"broken/{which}/") == (status, found)
    answer = rest.ask("GET", f"broken/{which}/")
    assert b"secret" not in answer.content
    assert ("Retry-After" in answer.headers) == (status == 503)
    assert answer.json()["type"] == ("server_error" if status >= 500 else "client_error")


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE", "OPTIONS"])
@pytest.mark.parametrize(
    "address",
    [
        *("/api/", "/api/v1/nowhere/", "/api/v1/goals", "/api/v2/goals/", "/v1/nowhere"),
        *("/ofrep/v1/evaluate/flags/a/b", "/ofrep/", "/track/"),
    ],
)
def test_an_unknown_address_is_a_json_404_and_never_a_redirect(method, address):
    assert Rest().refused(method, address, {}) == (404, [("not_found", None)])


@override_settings(ALLOWED_HOSTS=["shop.example"])
def test_a_host_that_is_not_ours_is_answered_in_json():
    answer = Rest(Host="evil.example").ask("GET", "project/")

    assert answer.status_code in {400, 401}
    assert answer.json()["errors"]


def test_faults_outside_of_views_have_the_same_shape_and_other_pages_stay_html():
    def answered(view, path, *arguments):
        answer = view(RequestFactory().get(path), *arguments)
        return answer.status_code, "html" if b"<html" in answer.content else json.loads(answer.content)["errors"][0][
            "code"
        ]

    assert answered(errors.fault, "/api/v1/goals/") == (500, "fault")
    assert answered(errors.fault, "/admin/") == (500, "html")
    assert answered(errors.bad_request, "/api/v1/goals/", ValueError()) == (400, "bad_request")
    assert answered(errors.not_found, "/nowhere/", ValueError()) == (404, "html")
