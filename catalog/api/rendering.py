"""What the routes of the catalogue answer with, and to whom an answer may be served ready."""

from collections.abc import Collection
from http import HTTPStatus
from uuid import UUID

from django.db import DatabaseError, InterfaceError
from django.http import HttpRequest
from django.utils.timezone import now
from ninja.decorators import decorate_view

from catalog import selectors
from catalog.selectors.listing import next_change
from identity.authentication import TenantRequest, requires
from identity.rules import Operation
from kit.answers import Answer, answer, ready
from kit.errors import Refusal
from kit.markdown import safe_html

reads = requires(Operation.EVENTS_READ)
writes = requires(Operation.EVENTS_WRITE)


def _is_public(request: HttpRequest) -> bool:
    """Tell whether the reader sees no more than the public does. Whoever has a credential is asked for it first."""
    if "HTTP_AUTHORIZATION" not in request.META:
        return True
    try:
        return not selectors.sees_drafts(reads(request))
    except (Refusal, DatabaseError, InterfaceError):
        # The route itself refuses, or says that the database does not answer, in its own words.
        return False


# Decorates a GET route whose answer depends on the address and on whether the reader sees drafts, and on no more.
served_ready = decorate_view(ready(_is_public))


def shown_event(
    request: TenantRequest, event_id: UUID, *, status: int = HTTPStatus.OK, expand: Collection[str] = ()
) -> Answer:
    """Answer with an event as it is now."""
    at = now()
    row = selectors.event(event_id, reader=request.actor, at=at, expand=expand)
    row["description_html"] = safe_html(row["description"])
    until = next_change([row, *row.get("sessions", ())], at=at)
    return answer(row, status=status, version=row["version"], good_until=until)


def shown_session(request: TenantRequest, session_id: UUID, *, status: int = HTTPStatus.OK) -> Answer:
    """Answer with a session as it is now."""
    at = now()
    row = selectors.session(session_id, reader=request.actor, at=at)
    return answer(row, status=status, version=row["version"], good_until=next_change([row], at=at))
