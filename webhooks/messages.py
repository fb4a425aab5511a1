"""What webhooks say of themselves, and why they refuse."""

from journal.messages import EventType, Payload, public_types
from kit.errors import Conflict, FieldError, Invalid


class DisabledPayload(Payload):
    """An endpoint that was given up."""

    url: str
    description: str
    """What its organization wrote of it, or nothing."""
    reason: str


_ENDPOINT = {"url": "https://crm.example/aforo", "description": "The CRM"}

ENDPOINT_CREATED = EventType("endpoint.created", "An endpoint for webhooks was added.", is_public=False)
ENDPOINT_UPDATED = EventType("endpoint.updated", "An endpoint for webhooks was changed.", is_public=False)
ENDPOINT_DELETED = EventType("endpoint.deleted", "An endpoint for webhooks was deleted.", is_public=False)
ENDPOINT_ROTATED = EventType("endpoint.secret_rotated", "An endpoint got another secret.", is_public=False)
ENDPOINT_REPLAYED = EventType("endpoint.replayed", "Webhooks were sent to an endpoint again.", is_public=False)
ENDPOINT_DISABLED = EventType(
    "endpoint.disabled",
    "The platform gave an endpoint up, which had answered nothing but failures.",
    DisabledPayload,
    {**_ENDPOINT, "reason": "It answered nothing but failures for 5 days"},
)


class TooManyEndpoints(Conflict):
    """The organization has as many endpoints as it may. Delete one that nobody listens at."""

    code, title = "too_many_endpoints", "There are as many endpoints as there may be"


def bad_url(why: str) -> Invalid:
    """Refuse an address of an endpoint."""
    return Invalid.of([FieldError("#/url", "url_not_allowed", why)])


def bad_types(unknown: list[str]) -> Invalid:
    """Refuse types of events that are none."""
    public = ", ".join(sorted(public_types()))
    return Invalid.of(
        [
            FieldError("#/event_types", "unknown_event_type", f"there is no {name}; there are {public}")
            for name in unknown
        ]
    )
