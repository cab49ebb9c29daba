"""A request as a question: who asks, from which page, and what is known of them."""

from collections.abc import Mapping, MutableMapping
from typing import Any
from urllib.parse import parse_qsl

from experiments.assignment import Compiled, Excluded, Question
from experiments.previews import ARGUMENT, draft_in
from experiments.snapshot import Configuration
from tracking.access import KnownKey
from tracking.attributes import Surroundings, acceptable, derived
from tracking.bots import is_bot
from tracking.consent import withheld
from tracking.enriching import asks_itself
from tracking.private_ids import private_id
from tracking.wire.http import ASKED_DATABASE, Request


def question_of(
    request: Request, key: KnownKey, served: Configuration, ids: tuple[str, str], told: Mapping[str, Any] | None
) -> Question:
    """``ids``: of visitor and user, as normalised. ``told``: the attributes that the caller sent, which win."""
    known = acceptable(told) if told else {}
    itself = asks_itself(request, key)
    url, referrer = _text(known, "url"), _text(known, "referrer")
    if "://" in referrer:
        # The whole address, of which the attribute is the host: derived below, where anybody asks for it.
        del known["referrer"]
    # A browser is seen by its own request; a server tells of the visitor it asks for, or nothing is known.
    agent = _text(known, "userAgent") or (request.header("User-Agent") if itself else "")
    wanted = served.wants - known.keys()
    if wanted:
        ip = "" if "country" not in wanted else request.client_ip if itself else _text(known, "ip")
        known |= derived(wanted, Surroundings(agent, url, referrer, ip, known))
    known["id"] = ids[0]
    if ids[1]:
        known["user_id"] = ids[1]
    # By what is kept of the ids, so that what is claimed later can be checked. Conditions see them as they are.
    visitor_id, user_id = (private_id(key.project_id, one) for one in ids)
    question = Question(visitor_id, user_id, known, url or None, _excluded(request, key, known, agent))
    if "?" in url:
        _force(question, served, key.project_id, request.environ)
    return question


def _text(known: Mapping[str, Any], name: str) -> str:
    value = known.get(name, "")
    return value if isinstance(value, str) else ""


def _excluded(request: Request, key: KnownKey, known: Mapping[str, Any], agent: str) -> Excluded:
    """Programs call with their library's user agent for people they serve, so only a page's own request is judged."""
    if withheld({"consent": known.get("consent")}, request.header, honours_dnt=key.honours_dnt):
        return "opted_out"
    return "bot" if agent and is_bot(agent) else ""


def _force(question: Question, served: Configuration, project_id: int, environ: MutableMapping[str, Any]) -> None:
    """Previews: ``?<experiment>=<index or key>`` of what runs, or a signed link, also of a draft."""
    arguments = dict(reversed(parse_qsl((question.url or "").partition("?")[2].partition("#")[0])))
    forced = {
        name: index
        for name, value in arguments.items()
        if (one := served.running.get(name)) and (index := _index(one, value)) is not None
    }
    drafts: tuple[Compiled, ...] = ()
    if ARGUMENT in arguments:
        environ[ASKED_DATABASE] = True
        if previewed := draft_in(arguments, project_id):
            one, forced[one.key] = previewed
            # What runs is answered with the others, unless this is not one of its pages.
            drafts = () if one.key in served.running and one.on_page(question.url) else (one,)
    question.force(forced, drafts)


def _index(one: Compiled, value: str) -> int | None:
    keys = [variant.key for variant in one.plan.variants]
    if value in keys:
        return keys.index(value)
    return int(value) if value.isascii() and value.isdecimal() and len(value) < 4 and int(value) < len(keys) else None
