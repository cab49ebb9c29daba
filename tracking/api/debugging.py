"""POST /v1/debug: what the debug panel shows beside what the page does. Only for whoever holds a link of the admin."""

import msgspec

from tracking.access import key_of
from tracking.debugging import opened, shown
from tracking.wire.http import Answer, Refused, Request, json_answer

LARGEST = 4_096
PRIVATE = {"Cache-Control": "no-store"}


class _Asked(msgspec.Struct):
    token: str


DECODER = msgspec.json.Decoder(_Asked)


def post_debug(request: Request) -> Answer:
    key = key_of(request)
    session = opened(_read(request.body(LARGEST)), key.project_id)
    if session is None:
        detail = "This debug link is not valid, or older than 24 hours. Open a new one from the admin."
        raise Refused(403, "illegal_token", detail, "token")
    told = {**shown(key.project_id), "author": session.author, "admin": session.admin}
    return json_answer(200, told, PRIVATE)


def _read(body: bytes) -> str:
    try:
        return DECODER.decode(body).token
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Refused(400, "unreadable", f'Send JSON such as {{"token": "…"}}: {str(error)[:200]}') from error
