"""Bodies and addresses as attackers and broken programs send them: always a JSON answer, never a fault."""

import pytest

from tests.factories import make_goal, make_project
from tests.rest import rest_of
from tracking.models import Goal
from tracking.wire.http import MEGABYTE

pytestmark = pytest.mark.django_db


@pytest.fixture
def project():
    return make_project("shop")


@pytest.fixture
def rest(project):
    return rest_of(project)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b'{"key": "a", "name": "a\\u0000b"}', "illegal_characters"),
        (b'{"key": "a", "a\\u0000": 1}', "illegal_characters"),
        (b'{"key": "a", "name": "\\ud800"}', "parse_error"),
        (b'{"key": "a", "name": "\\udc00 b"}', "parse_error"),
        (b'{"key": "a", "weight": NaN}', "parse_error"),
        (b'{"key": "a", "weight": -Infinity}', "parse_error"),
        (b'{"key": "a", "weight": 1e999}', "parse_error"),
        (b'{"key": "a", "window": 9007199254740993}', "number_out_of_range"),
        (b'{"key": "a", "window": ' + b"9" * 4000 + b"}", "number_out_of_range"),
        (b'{"key": "a", "window": ' + b"9" * 9000 + b"}", "parse_error"),
        (b'{"key": "a", "conditions": ' + b"[" * 100 + b"]" * 100 + b"}", "nested_too_deeply"),
        (b"[" * 100_000, "nested_too_deeply"),
        (b'{"a":' * 100_000 + b"1" + b"}" * 100_000, "nested_too_deeply"),
        (b"\xff\xfe", "parse_error"),
        (b'{"key": "\xed\xa0\x80"}', "parse_error"),
        (b"\xef\xbb\xbf{}", "parse_error"),
        ('{"key": "a"}'.encode("utf-16"), "parse_error"),
        (b"{", "parse_error"),
        (b"key=a", "parse_error"),
    ],
    ids=range(19),
)
def test_a_body_that_cannot_be_kept_is_400(rest, body, code):
    status, errors = rest.refused("POST", "goals/", body)

    assert (status, errors[0][0]) == (400, code)
    assert not Goal.objects.exists()


def test_the_place_of_an_illegal_value_is_told(rest):
    body = {"variants": [{}, {"payload": {"text": "a\0"}}]}

    assert rest.refused("POST", "experiments/", body) == (400, [("illegal_characters", "variants.1.payload.text")])


@pytest.mark.parametrize("body", [b"null", b"[]", b'"text"', b"5", b"true", b"", b'{"name": {}}', b'{"key": []}'])
def test_a_body_of_another_kind_is_400(rest, body):
    status, _ = rest.refused("POST", "goals/", body)

    assert status == 400


def test_a_megabyte_is_read_and_not_a_byte_more(rest):
    start = b'{"key": "a", "name": "'

    assert rest.refused("POST", "goals/", start + b"a" * (MEGABYTE - len(start) - 2) + b'"}')[1] == [
        ("max_length", "name")
    ]
    assert rest.refused("POST", "goals/", start + b"a" * MEGABYTE + b'"}') == (413, [("body_too_large", None)])


def test_two_hundred_thousand_unknown_fields_get_a_short_answer(rest):
    body = b"{" + b",".join(b'"%d":1' % number for number in range(100_000)) + b"}"

    status, errors = rest.refused("POST", "goals/", body)

    assert status == 400
    assert len(errors) < 30


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Content_Type": "application/json; charset=utf-16"}, 201),
        ({"Content_Type": ""}, 201),
        ({"Content_Type": "text/plain"}, 415),
        ({"Content_Type": "multipart/form-data; boundary=x"}, 415),
        ({"Content_Type": "application/x-www-form-urlencoded"}, 415),
        ({"Content-Encoding": "gzip"}, 415),
        ({"Accept": "text/html"}, 201),
        ({"Accept": "nonsense"}, 201),
        ({"Accept-Language": "uk"}, 201),
    ],
)
def test_headers_never_change_the_shape_of_the_answer(rest, headers, status):
    answer = rest.ask("POST", "goals/", {"key": "a"}, **headers)

    assert (answer.status_code, answer.headers["Content-Type"]) == (status, "application/json")


def test_a_body_in_chunks_is_refused_and_not_ignored(rest):
    answer = rest.ask("POST", "goals/", **{"Transfer-Encoding": "chunked"})

    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (411, "length_required")


@pytest.mark.parametrize("key", ["a%00b", "..%2f", "%F0%9F%92%A9", "A" * 3000, "a'--", "%ff", "a b"])
def test_odd_keys_in_the_address_are_404(rest, key):
    assert rest.refused("GET", f"goals/{key}/")[0] == 404


@pytest.mark.parametrize(
    "arguments",
    [
        "ordering=project__keys__token", "ordering=key&ordering=-key", "key__startswith=a", "page_size=0",
        "page_size=1e9", "cursor=", "cursor=%00", "cursor=cD0lMDA%3D", "cursor=%F0",
        "level=%00", "format=xml", "_connector=OR",
    ],
)  # fmt: skip
def test_odd_arguments_of_a_list_are_400(project, rest, arguments):
    make_goal(project, "a")

    assert rest.refused("GET", f"goals/?{arguments}")[0] == 400


def test_a_cursor_for_another_order_is_refused(project, rest):
    for _ in range(3):
        make_goal(project)
    cursor = rest.ok("GET", "goals/?page_size=1")["next"].split("cursor=")[1].split("&")[0]

    assert rest.refused("GET", f"goals/?ordering=created_at&cursor={cursor}") == (400, [("illegal_cursor", "cursor")])
