"""Events and sessions."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from ninja import Field
from pydantic import AfterValidator, BeforeValidator, HttpUrl, TypeAdapter

from catalog.rules import MAX_CAPACITY, Admission, Stage, Status
from kit.pagination import CutIn
from kit.schemas import WHOLE, Flag, In, Moment, Name, Out, ShortText, Text

type Capacity = Annotated[int, Field(ge=0, le=MAX_CAPACITY), WHOLE]
type AccessCode = Annotated[str, Field(max_length=50)]
# Stands where a field of a change was left out; defaults are not validated, and unset fields are dropped.
_UNSET: Any = None
_HTTP_URL = TypeAdapter(HttpUrl)


def _http_url(value: str) -> str:
    return str(_HTTP_URL.validate_python(value)) if value else value


type Url = Annotated[str, Field(max_length=2_000), AfterValidator(_http_url)]


type Latitude = Annotated[float, Field(ge=-90, le=90)]
type Longitude = Annotated[float, Field(ge=-180, le=180)]


def _split(value: object) -> object:
    """Take `a,b` as well as repeated parameters."""
    given = value if isinstance(value, list) else [value]
    return [part for one in given for part in (one.split(",") if isinstance(one, str) else [one])]


class EventIn(In):
    """An event: a new one starts as a draft. In a PUT, an `access_code` left out stays as it is: it is never shown."""

    name: Name
    description: Text = ""
    category_id: UUID | None = None
    place: ShortText = ""
    latitude: Latitude | None = None
    longitude: Longitude | None = None
    image_url: Url = ""
    resources: Text = ""
    starts_at: Moment
    ends_at: Moment
    capacity: Capacity
    admission: Admission = Admission.EVENT
    has_waitlist: Flag = False
    access_code: AccessCode = ""


class EventChangesIn(EventIn):
    """Fields of an event to change; what is left out stays as it is."""

    name: Name = ""
    starts_at: Moment = _UNSET
    ends_at: Moment = _UNSET
    capacity: Capacity = _UNSET


class CoordinatorsIn(In):
    """Who looks after an event, all of them."""

    user_ids: Annotated[list[UUID], Field(max_length=100)]


class PublishIn(In):
    """The stage to open."""

    stage: Literal[Stage.TEASER, Stage.PRESALE, Stage.ON_SALE] = Stage.ON_SALE


class SessionIn(In):
    """A session: a new one starts as a draft."""

    title: Name
    starts_at: Moment
    ends_at: Moment
    capacity: Capacity
    room_id: UUID | None = None
    resources: Text = ""
    presenter: Annotated[ShortText, Field(max_length=200)] = ""
    speaker_ids: Annotated[list[UUID], Field(max_length=50)] = []


class SessionChangesIn(SessionIn):
    """Fields of a session to change; what is left out stays as it is."""

    title: Name = ""
    starts_at: Moment = _UNSET
    ends_at: Moment = _UNSET
    capacity: Capacity = _UNSET


class _ListIn(CutIn):
    """What lists have in common."""

    from_: Annotated[Moment | None, Field(alias="from", description="ends after this")] = None
    to: Annotated[Moment | None, Field(description="starts before this")] = None
    status: Annotated[list[Status], BeforeValidator(_split)] = []
    updated_since: Annotated[
        Moment | None, Field(description="changed since, deleted ones as tombstones; seats taken are no change")
    ] = None


class EventListIn(_ListIn):
    """Which events, in which order."""

    search: Annotated[
        str, Field(max_length=200, description="words or beginnings of them, in name, sessions, speakers, place, text")
    ] = ""
    category: Annotated[UUID | str | None, Field(union_mode="left_to_right", description="id or name")] = None
    place: Annotated[str, Field(max_length=200)] = ""
    has_seats: bool | None = None
    sort: (
        Literal[
            "starts_at", "-starts_at", "name", "-name", "created_at", "-created_at", "updated_at", "-updated_at",
        ]
        | None
    ) = None  # fmt: skip
    expand: Annotated[list[Literal["sessions", "speakers"]], BeforeValidator(_split)] = []


class ExpandIn(In):
    """What to show beside the event."""

    expand: Annotated[list[Literal["sessions", "speakers"]], BeforeValidator(_split)] = []


class SearchIn(In):
    """What somebody has typed so far."""

    q: Annotated[str, Field(min_length=1, max_length=200)]


class OfEventListIn(_ListIn):
    """Which sessions of an event, in which order."""

    room_id: UUID | None = None
    speaker_id: UUID | None = None
    sort: (
        Literal["starts_at", "-starts_at", "created_at", "-created_at", "updated_at", "-updated_at"] | None
    ) = None  # fmt: skip


class SessionListIn(OfEventListIn):
    """Which sessions, in which order."""

    event_id: UUID | None = None


class _StagedOut(Out):
    id: UUID
    starts_at: datetime
    ends_at: datetime
    status: Status
    resources: str
    capacity: int
    seats_taken: int
    seats_left: int
    version: int
    created_at: datetime
    updated_at: datetime


class SpeakerNameOut(Out):
    """Who speaks."""

    id: UUID
    name: str
    affiliation: str


class SessionOut(_StagedOut):
    """A session as readers see it. Times are UTC."""

    event_id: UUID
    title: str
    room_id: UUID | None
    room: str | None
    presenter: str
    speakers: list[SpeakerNameOut]


class EventOut(_StagedOut):
    """An event as readers see it. Times are UTC; seats are the event's, or its sessions' together.

    `sessions` and `speakers` stand there if they were asked for with `expand`.
    """

    name: str
    description: str
    category_id: UUID | None
    category: str | None
    place: str
    latitude: float | None
    longitude: float | None
    image_url: str
    admission: Admission
    has_waitlist: bool
    created_by_id: UUID | None
    sessions: list[SessionOut] = []
    speakers: list[SpeakerNameOut] = []


class EventDetailOut(EventOut):
    """An event with its description, which is Markdown, rendered as HTML that is safe to show."""

    description_html: str


class TombstoneOut(Out):
    """What was deleted, in a list of changes."""

    id: UUID
    version: int
    updated_at: datetime
    deleted_at: datetime


class SessionTombstoneOut(TombstoneOut):
    """A session that was deleted, in a list of changes."""

    event_id: UUID


class ListOut(Out):
    """One part of a list: a numbered page with `total`, or a stretch whose `next` is passed as `after`."""

    total: int = 0
    page: int = 0
    size: int = 0
    next: str | None = None
    has_more: bool = False


class EventListOut(ListOut):
    """Events."""

    items: list[EventOut | TombstoneOut]


class SessionListOut(ListOut):
    """Sessions."""

    items: list[SessionOut | SessionTombstoneOut]


class EventHintOut(Out):
    """An event that somebody may mean."""

    id: UUID
    name: str
    place: str
    starts_at: datetime
    ends_at: datetime
    status: Status


class EventHintsOut(Out):
    """The few events that somebody may mean, best first."""

    items: list[EventHintOut]
