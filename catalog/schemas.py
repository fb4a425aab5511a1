"""Bodies of the catalogue."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from django.utils.timezone import now
from ninja import Field
from pydantic import AfterValidator, HttpUrl, TypeAdapter

from catalog.models import Event, Session
from catalog.rules import MAX_CAPACITY, Admission, Stage
from kit.schemas import In, Moment, Name, Out, ShortText, Text

type Capacity = Annotated[int, Field(ge=0, le=MAX_CAPACITY)]
type Code = Annotated[str, Field(max_length=50)]
# Stands where a field of a change was left out; defaults are not validated, and unset fields are dropped.
_UNSET: Any = None
_HTTP_URL = TypeAdapter(HttpUrl)


def _http_url(value: str) -> str:
    return str(_HTTP_URL.validate_python(value)) if value else value


type Url = Annotated[str, Field(max_length=2_000), AfterValidator(_http_url)]


class EventIn(In):
    """A new event. It starts as a draft."""

    name: Name
    description: Text = ""
    category_id: UUID | None = None
    place: ShortText = ""
    latitude: Annotated[float, Field(ge=-90, le=90)] | None = None
    longitude: Annotated[float, Field(ge=-180, le=180)] | None = None
    image_url: Url = ""
    resources: Text = ""
    starts_at: Moment
    ends_at: Moment
    capacity: Capacity
    admission: Admission = Admission.EVENT
    has_waitlist: bool = False
    access_code: Code = ""


class EventChangesIn(In):
    """Fields of an event to change; what is left out stays as it is."""

    name: Name = ""
    description: Text = ""
    category_id: UUID | None = None
    place: ShortText = ""
    latitude: Annotated[float, Field(ge=-90, le=90)] | None = None
    longitude: Annotated[float, Field(ge=-180, le=180)] | None = None
    image_url: Url = ""
    resources: Text = ""
    starts_at: Moment = _UNSET
    ends_at: Moment = _UNSET
    capacity: Capacity = _UNSET
    admission: Admission = _UNSET
    has_waitlist: bool = _UNSET
    access_code: Code = ""


class CoordinatorsIn(In):
    """Who looks after an event, all of them."""

    user_ids: Annotated[list[UUID], Field(max_length=100)]


class PublishIn(In):
    """The stage to open."""

    stage: Literal[Stage.TEASER, Stage.PRESALE, Stage.ON_SALE] = Stage.ON_SALE


class _StagedOut(Out):
    id: UUID
    starts_at: datetime
    ends_at: datetime
    status: str
    resources: str
    capacity: int
    seats_taken: int
    seats_left: int
    version: int
    created_at: datetime
    updated_at: datetime

    @staticmethod
    def resolve_status(row: Event | Session) -> str:
        """Derive the status from the clock."""
        return row.status(at=now())


class EventOut(_StagedOut):
    """An event as readers see it. Times are UTC; seats are the event's, or its sessions' together."""

    name: str
    description: str
    category: str | None
    place: str
    latitude: float | None
    longitude: float | None
    image_url: str
    admission: str
    has_waitlist: bool

    @staticmethod
    def resolve_category(event: Event) -> str | None:
        """Show the category's name."""
        return event.category.name if event.category else None


class EventPage(Out):
    """One numbered page of events."""

    items: list[EventOut]
    total: int
    page: int
    size: int


class SessionIn(In):
    """A new session. It starts as a draft."""

    title: Name
    starts_at: Moment
    ends_at: Moment
    capacity: Capacity
    room_id: UUID | None = None
    resources: Text = ""
    presenter: ShortText = ""
    speaker_ids: Annotated[list[UUID], Field(max_length=50)] = []


class SessionChangesIn(In):
    """Fields of a session to change; what is left out stays as it is."""

    title: Name = ""
    starts_at: Moment = _UNSET
    ends_at: Moment = _UNSET
    capacity: Capacity = _UNSET
    room_id: UUID | None = None
    resources: Text = ""
    presenter: ShortText = ""
    speaker_ids: Annotated[list[UUID], Field(max_length=50)] = []


class SpeakerOut(Out):
    """Who speaks."""

    id: UUID
    name: str
    affiliation: str


class SessionOut(_StagedOut):
    """A session as readers see it. Times are UTC."""

    event_id: UUID
    title: str
    room: str | None
    presenter: str
    speakers: list[SpeakerOut]

    @staticmethod
    def resolve_room(session: Session) -> str | None:
        """Show the room's name."""
        return str(session.room) if session.room else None

    @staticmethod
    def resolve_capacity(session: Session) -> int:
        """Show the pool's size."""
        return session.pool.capacity

    @staticmethod
    def resolve_seats_taken(session: Session) -> int:
        """Show how many seats are taken."""
        return session.pool.seats_taken

    @staticmethod
    def resolve_seats_left(session: Session) -> int:
        """Count the free seats."""
        return session.pool.seats_left


class SessionPage(Out):
    """One numbered page of sessions."""

    items: list[SessionOut]
    total: int
    page: int
    size: int
