"""Who calls the REST API."""

from dataclasses import dataclass

from rest_framework.request import Request

from tracking.models import Project, Scope

# Whoever may change goals and experiments may read them.
IMPLIED = {Scope.READ: frozenset({Scope.READ, Scope.MANAGE}), Scope.MANAGE: frozenset({Scope.MANAGE})}


@dataclass(frozen=True, slots=True)
class Caller:
    """The owner of a valid key. A client key has no scopes, so it may nothing here. ``name``: of the key."""

    project: Project
    kind: str
    scopes: frozenset[str]
    name: str = ""

    def may(self, scope: str) -> bool:
        return bool(self.scopes & IMPLIED[Scope(scope)])


def caller_of(request: Request) -> Caller:
    """Behind ``HasScope`` there always is one."""
    caller: object = request.auth
    if not isinstance(caller, Caller):
        raise TypeError("this view may be reached without a key")
    return caller
