"""The audit edge: where a request came from, and denials that left no other trace."""

from http import HTTPStatus

from django.db import DatabaseError
from django.http.response import HttpResponseBase
from django.utils.timezone import now

from journal import origin
from journal.messages import ACCESS_DENIED
from journal.services import record
from kit import scope
from kit.actor import Actor
from kit.middleware import Handler, Request, log


class AuditMiddleware:
    """Set the origin that `record` reads, and record each refusal of somebody known.

    Anonymous refusals are logged and not recorded: nobody may fill a tenant's table without a credential.
    """

    def __init__(self, get_response: Handler) -> None:
        """Wrap the layers below."""
        self._below = get_response

    def __call__(self, request: Request) -> HttpResponseBase:
        """Handle one request."""
        origin.begin(origin.Origin(request.request_id, request.address))
        response = self._below(request)
        actor: Actor | None = getattr(request, "actor", None) or getattr(request, "refused", None)
        if response.status_code == HTTPStatus.FORBIDDEN and actor is not None and actor.kind != "anonymous":
            self._record_denial(request, actor)
        return response

    @staticmethod
    def _record_denial(request: Request, actor: Actor) -> None:
        if scope.current() == scope.PUBLIC:
            return
        try:
            record(
                ACCESS_DENIED,
                subject=None,
                by=actor,
                at=now(),
                payload={"method": request.method, "path": request.path},
            )
        except DatabaseError as error:
            log.warning("denial_not_recorded", error=str(error))
