"""The audit edge: where a request came from, and what was refused and left no other trace."""

from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.db import DatabaseError
from django.http.response import HttpResponseBase
from django.utils.timezone import now

from journal import origin
from journal.messages import ACCESS_DENIED, WRITE_REFUSED, EventType
from journal.services import record
from kit import scope
from kit.actor import Actor, caller_of
from kit.middleware import Handler, Request, log

# Refusals for what is there already. A body that cannot be read says nothing about anything.
_REFUSED = {HTTPStatus.CONFLICT, HTTPStatus.GONE, HTTPStatus.PRECONDITION_FAILED}


def _is_audited(actor: Actor) -> bool:
    return actor.kind == "key" or actor.role in settings.AUDITED_ROLES


class AuditMiddleware:
    """Set the origin that `record` reads, and record refusals: denials of whoever is known, and staff's refused writes.

    Anonymous refusals are logged and not recorded: nobody may fill a tenant's table without a credential.
    """

    def __init__(self, get_response: Handler) -> None:
        """Wrap the layers below."""
        self._below = get_response

    def __call__(self, request: Request) -> HttpResponseBase:
        """Handle one request."""
        origin.begin(origin.Origin(request.request_id, request.address))
        response = self._below(request)
        actor = caller_of(request)
        if actor is None or actor.kind == "anonymous":
            return response
        if response.status_code == HTTPStatus.FORBIDDEN:
            self._record(ACCESS_DENIED, request, actor, {})
        elif response.status_code in _REFUSED and request.method != "GET" and _is_audited(actor):
            self._record(WRITE_REFUSED, request, actor, {"status": response.status_code})
        return response

    @staticmethod
    def _record(event_type: EventType, request: Request, actor: Actor, more: dict[str, Any]) -> None:
        if scope.current() == scope.PUBLIC:
            return
        told = {"method": request.method, "path": request.path, **more}
        try:
            record(event_type, subject=None, by=actor, at=now(), payload=told)
        except DatabaseError as error:
            log.warning("denial_not_recorded", error=str(error))
