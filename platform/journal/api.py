"""REST: the types of entries that partners can receive."""

from django.http import HttpRequest
from ninja import Router

from journal.messages import EventType, public_types
from journal.schemas import EventTypeOut

router = Router(tags=["Webhooks"])


@router.get("/event-types", response=list[EventTypeOut], auth=None, by_alias=True)
def event_types(request: HttpRequest) -> list[EventType]:  # noqa: ARG001 - ninja passes it
    """List every public type of entry, with the JSON Schema and an example of its payload.

    Payloads grow: a reader lets pass the members that it does not know.
    """
    return list(public_types().values())
