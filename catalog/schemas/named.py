"""Categories, venues, rooms and speakers."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from ninja import Field

from catalog.rules import MAX_CAPACITY
from catalog.schemas.events import Latitude, ListOut, Longitude, TombstoneOut, Url
from kit.pagination import CutIn
from kit.schemas import WHOLE, In, Moment, Name, Out, ShortText, Text


class NamedListIn(CutIn):
    """Which, and in which order."""

    sort: Literal["name", "created_at", "updated_at"] | None = None
    updated_since: Annotated[Moment | None, Field(description="changed since, deleted ones as tombstones")] = None


class RoomListIn(NamedListIn):
    """Which rooms."""

    venue_id: UUID | None = None


class SpeakerListIn(NamedListIn):
    """Which speakers."""

    event_id: UUID | None = None


class CategoryIn(In):
    """What sort of event it is, in the organization's own words."""

    name: Name


class CategoryChangesIn(CategoryIn):
    """Fields to change; what is left out stays as it is."""

    name: Name = ""


class VenueIn(In):
    """A building or site that has rooms."""

    name: Name
    address: ShortText = ""
    latitude: Latitude | None = None
    longitude: Longitude | None = None


class VenueChangesIn(VenueIn):
    """Fields to change; what is left out stays as it is."""

    name: Name = ""


class RoomIn(In):
    """A room, of a venue or by itself. `capacity` is what it holds; it limits no session."""

    name: Name
    venue_id: UUID | None = None
    capacity: Annotated[int, Field(ge=0, le=MAX_CAPACITY), WHOLE] | None = None


class RoomChangesIn(RoomIn):
    """Fields to change; what is left out stays as it is."""

    name: Name = ""


class SpeakerIn(In):
    """Who speaks at sessions."""

    name: Name
    affiliation: Annotated[ShortText, Field(max_length=200)] = ""
    bio: Text = ""
    image_url: Url = ""


class SpeakerChangesIn(SpeakerIn):
    """Fields to change; what is left out stays as it is."""

    name: Name = ""


class _NamedOut(Out):
    id: UUID
    name: str
    version: int
    created_at: datetime
    updated_at: datetime


class CategoryOut(_NamedOut):
    """A category."""


class VenueOut(_NamedOut):
    """A venue."""

    address: str
    latitude: float | None
    longitude: float | None


class RoomOut(_NamedOut):
    """A room, with the name of its venue."""

    venue_id: UUID | None
    venue: str | None
    capacity: int | None


class SpeakerOut(_NamedOut):
    """A speaker. The public knows those of published sessions."""

    affiliation: str
    bio: str
    image_url: str


class NamedListOut[T](ListOut):
    """One part of a list: a numbered page with `total`, or a stretch whose `next` is passed as `after`."""

    items: list[T | TombstoneOut]
