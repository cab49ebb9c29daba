"""Keys at the door of the REST API: one query a request, so a revoked key is refused at once."""

from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed, PermissionDenied
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from tracking.access import bearer, digest_of, valid_keys
from tracking.api.callers import Caller
from tracking.models import KeyKind
from tracking.usage import USAGE


class KeyAuthentication(BaseAuthentication):
    """``Authorization: Bearer sk_…``; leaves the ``Caller`` in ``request.auth``."""

    def authenticate(self, request: Request) -> tuple[None, Caller] | None:
        token = bearer(get_authorization_header(request).decode("latin-1"))
        if not token:
            return None
        key = valid_keys(timezone.now()).select_related("project").filter(digest=digest_of(token)).first()
        if key is None:
            raise AuthenticationFailed(_("This key is unknown or revoked."))
        USAGE.note(key.pk)
        return None, Caller(key.project, key.kind, frozenset(key.scopes), key.name or str(key))

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="api"'


class HasScope(BasePermission):
    """The view's ``scopes`` name what each method needs; a method that is not named needs to read."""

    def has_permission(self, request: Request, view: object) -> bool:
        caller = request.auth
        if not isinstance(caller, Caller):
            return False
        if caller.kind == KeyKind.CLIENT:
            raise PermissionDenied(_("A client key only assigns visitors and sends events. Use a secret key here."))
        scopes: dict[str, Any] = getattr(view, "scopes", {})
        needed = scopes.get("GET" if request.method == "HEAD" else str(request.method), "read")
        if not caller.may(needed):
            raise PermissionDenied(_("This key lacks the scope “%(scope)s”.") % {"scope": needed})
        return True
