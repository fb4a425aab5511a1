"""Bodies of webhooks."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field

from kit.pagination import StretchIn
from kit.schemas import WHOLE, Flag, In, Moment, Out, ShortText

type EndpointUrl = Annotated[str, Field(min_length=1, max_length=2_000)]
type EventTypes = Annotated[list[Annotated[str, Field(max_length=100)]], Field(max_length=100)]
type EventIds = Annotated[list[UUID], Field(max_length=100)]
type Rate = Annotated[int, Field(ge=1, le=100), WHOLE]
_UNSET: Any = None


class EndpointIn(In):
    """Whom to tell, and what: of which types and of which events, where none means all.

    `thin` says only what it is about. `max_per_second` is how fast the receiver wants it at most.
    """

    url: EndpointUrl
    description: ShortText = ""
    event_types: EventTypes = []
    event_ids: EventIds = []
    payload: Literal["full", "thin"] = "full"
    max_per_second: Rate | None = None


class EndpointChangesIn(EndpointIn):
    """What may change of an endpoint; what is left out stays."""

    url: EndpointUrl = _UNSET
    is_enabled: Flag = _UNSET


class EndpointOut(Out):
    """Who is told what."""

    id: UUID
    url: str
    description: str
    event_types: list[str]
    event_ids: list[UUID]
    payload: str
    max_per_second: int | None
    is_enabled: bool
    disabled_reason: str
    failures: int
    failing_since: datetime | None
    version: int
    created_at: datetime
    updated_at: datetime


class EndpointMadeOut(EndpointOut):
    """An endpoint with its secret, which is shown this once."""

    secret: str


class HealthOut(Out):
    """How an endpoint fared in the last 24 hours, and what waits for it."""

    attempts: int
    success_rate: float | None
    p95_milliseconds: int | None
    pending: int
    next_attempt_at: datetime | None
    failures: int
    failing_since: datetime | None


class EndpointDetailOut(EndpointOut):
    """Who is told what, and how it fares."""

    health: HealthOut


class EndpointTrialOut(Out):
    """What a sample met."""

    is_success: bool
    status: int | None
    error: str
    milliseconds: int
    response_head: str
    addresses: list[str]
    tls_expires_at: datetime | None
    webhook_id: UUID


class ReplayIn(In):
    """From when on, and until when, to send again; `only_failed` leaves out what was delivered."""

    since: Moment
    until: Moment | None = None
    only_failed: Flag = False


class ReplayOut(Out):
    """How many are sent again."""

    count: int


class AttemptsIn(StretchIn):
    """Which attempts, and which part of them."""

    endpoint_id: UUID | None = None
    delivery_id: UUID | None = None
    webhook_id: UUID | None = None
    type: Annotated[str, Field(max_length=100)] | None = None
    is_success: bool | None = None
    since: Moment | None = None
    until: Moment | None = None


class AttemptOut(Out):
    """One request to an endpoint. `webhook_id` is that of the entry, the same in every attempt and in the feed."""

    id: UUID
    endpoint_id: UUID
    delivery_id: UUID
    webhook_id: UUID
    type: str
    number: int
    at: datetime
    is_success: bool
    status: int | None
    error: str
    response_head: str
    milliseconds: int
    delivery_status: str
    next_attempt_at: datetime | None


class DeliveryOut(Out):
    """One entry that an endpoint is to be told."""

    id: UUID
    endpoint_id: UUID
    webhook_id: UUID = Field(validation_alias="entry_id")
    type: str
    status: str
    attempts: int
    next_attempt_at: datetime


class FeedIn(StretchIn):
    """Which types, separated by commas, and behind which cursor."""

    types: Annotated[str, Field(max_length=4_000)] = ""


class FeedEntryOut(Out):
    """One thing that happened, as its webhook says it. `id` is the webhook's id."""

    id: UUID
    type: str
    version: int
    timestamp: datetime
    subject_type: str
    subject_id: UUID | None
    data: dict[str, Any]


class FeedOut(Out):
    """A stretch of the feed. Ask with `next` again, at once if there is more, else later."""

    items: list[FeedEntryOut]
    next: str
    has_more: bool
