"""Events into enrolments, totals and tallies: incremental, idempotent, exact, by any number of workers at once."""

import logging
import time
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from functools import partial

from django.db import OperationalError, transaction

from experiments import ledger
from experiments.phases import open_phases, share_project
from experiments.rebuild import EXPOSURE, MOST_EVENTS, Enrolled, PersonFacts, Span, rebuild
from tracking import dues, identity
from tracking.goals import Fact
from tracking.queries import Wanted, events_of

log = logging.getLogger(__name__)
# Bounds the memory and the length of one transaction; larger chunks gain little.
CHUNK = 1000
# So many events of a visitor are read together with all others of the chunk; who has more is read alone.
FEW_EVENTS = 300
# A person without visitors did nothing: all of them have moved to somebody else.
NOBODY = identity.PersonOf("", shared=False, visitor_ids=[])


def roll_up(*, seconds: float) -> int:
    """Work off the backlog for about ``seconds``; how many due rows were settled."""
    deadline, settled = time.monotonic() + seconds, 0
    while time.monotonic() < deadline:
        done = _chunk()
        settled += done
        if done == 0:
            break
    return settled


def _chunk() -> int:
    claimed: list[dues.Claim] = []

    def claim() -> list[dues.Claim]:
        claimed.extend(dues.claim(CHUNK))
        return claimed

    try:
        return _settle(claim)
    except OperationalError:
        raise
    except Exception:
        log.exception("a chunk of %d due visitors failed; it is tried in halves", len(claimed))
    return _in_halves([due.id for due in claimed])


def _in_halves(due_ids: Sequence[int]) -> int:
    """The few that fail are found in some twenty steps instead of a thousand."""
    if len(due_ids) <= 1:
        return sum(_settle_alone(due_id) for due_id in due_ids)
    half, settled = len(due_ids) // 2, 0
    for part in (due_ids[:half], due_ids[half:]):
        try:
            settled += _settle(partial(dues.claim_these, part))
        except OperationalError:
            raise
        except Exception:
            log.debug("half of a chunk failed", exc_info=True)
            settled += _in_halves(part)
    return settled


def _settle_alone(due_id: int) -> int:
    try:
        return _settle(lambda: dues.claim_one(due_id))
    except OperationalError:
        raise
    except Exception as error:
        log.exception("due row %d failed", due_id)
        dues.record_failure(due_id, repr(error))
    return 0


def _settle(claim: Callable[[], list[dues.Claim]]) -> int:
    with transaction.atomic():
        claimed = claim()
        by_project: dict[int, set[str]] = defaultdict(set)
        for due in claimed:
            by_project[due.project_id].add(due.visitor_id)
        difference = ledger.Difference()
        for project_id, visitor_ids in sorted(by_project.items()):
            share_project(project_id)
            person_ids = identity.settle(project_id, visitor_ids)
            difference.add(rebuild_persons(project_id, person_ids))
        dues.settle(claimed)
        # Last and sorted: tallies are the rows that all workers want, held only for the length of the commit.
        ledger.apply_to_tallies(difference)
    return len(claimed)


def rebuild_persons(project_id: int, person_ids: Collection[int]) -> ledger.Difference:
    """Store what these persons' events say now; the difference that the tallies still lack."""
    phases = open_phases(project_id)
    rebuilt = rebuilt_persons(project_id, person_ids, {phase.id: phase.span for phase in phases})
    difference = ledger.Difference()
    for phase in phases:
        difference.add(ledger.store(phase, rebuilt[phase.id]))
    return difference


def rebuilt_persons(
    project_id: int, person_ids: Collection[int], spans: dict[int, Span]
) -> dict[int, dict[int, Enrolled | None]]:
    """By phase and person, what the events say; reads only."""
    if not spans:
        return {}
    persons = identity.persons(person_ids)
    visitor_ids = [visitor_id for person in persons.values() for visitor_id in person.visitor_ids]
    wanted = Wanted(
        names={name for span in spans.values() for name in span.names},
        keys={key for span in spans.values() for key in span.keys},
        since=min(span.reads_since for span in spans.values()),
        most=FEW_EVENTS + 1,
    )
    found = events_of(project_id, visitor_ids, wanted)
    rebuilt: dict[int, dict[int, Enrolled | None]] = {phase_id: {} for phase_id in spans}
    for person_id in person_ids:
        person = persons.get(person_id, NOBODY)
        crowded = any(len(found.get(visitor_id, ())) > FEW_EVENTS for visitor_id in person.visitor_ids)
        for phase_id, span in spans.items():
            seen = _read_apart(project_id, person, span) if crowded else found
            rebuilt[phase_id][person_id] = rebuild(_facts_of(person, seen), span)
    return rebuilt


def _read_apart(project_id: int, person: identity.PersonOf, span: Span) -> dict[str, list[Fact]]:
    """One person with many events, read alone: what this phase asks for, and in any case its exposures."""
    named = Wanted(span.names, span.keys, span.started_at, MOST_EVENTS + 1)
    met = replace(named, names=[EXPOSURE], holding={"experiment": span.plan.experiment})
    past = replace(named, since=span.reads_since)
    found = [events_of(project_id, person.visitor_ids, wanted) for wanted in (named, met, past)]
    return {
        visitor_id: list({fact.event_id: fact for events in found for fact in events.get(visitor_id, ())}.values())
        for visitor_id in person.visitor_ids
    }


def _facts_of(person: identity.PersonOf, found: Mapping[str, list[Fact]]) -> PersonFacts:
    facts = [fact for visitor_id in person.visitor_ids for fact in found.get(visitor_id, ())]
    return PersonFacts(facts, person.user_id, person.shared)
