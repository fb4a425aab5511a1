"""Reading the schedule: who holds which room or speaker when."""

from collections.abc import Collection, Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from django.db.models import Case, IntegerField, Q, Value, When

from catalog.models import Booking, Room, Session
from catalog.rules import Span
from kit.scope import connection

MAX_ALTERNATIVES = 20

_CLASHES = """
SELECT DISTINCT b.session_id, s.title, s.event_id, CASE WHEN k.id IS NULL THEN 'room' ELSE 'speaker' END, b.resource_id,
       coalesce(k.name, concat_ws(', ', v.name, r.name)), b.starts_at, b.ends_at, h.session_id
  FROM unnest(%s::uuid[], %s::uuid[], %s::timestamptz[], %s::timestamptz[])
       AS h (session_id, resource_id, starts_at, ends_at)
  JOIN catalog_booking b
    ON uuidrange(b.resource_id, b.resource_id, '[]') && uuidrange(h.resource_id, h.resource_id, '[]')
   AND tstzrange(b.starts_at, b.ends_at) && tstzrange(h.starts_at, h.ends_at)
   AND b.session_id <> h.session_id
  JOIN catalog_session s ON s.id = b.session_id
  LEFT JOIN catalog_speaker k ON k.id = b.resource_id
  LEFT JOIN catalog_room r ON r.id = b.resource_id
  LEFT JOIN catalog_venue v ON v.id = r.venue_id
 ORDER BY b.starts_at, b.session_id, b.resource_id
"""


@dataclass(frozen=True, slots=True)
class Clash:
    """A session that holds what another wants. `wanted_by` is that other."""

    session_id: UUID
    title: str
    event_id: UUID
    kind: Literal["room", "speaker"]
    resource_id: UUID
    resource: str
    starts_at: datetime
    ends_at: datetime
    wanted_by: UUID

    def as_dict(self) -> dict[str, Any]:
        """Give the member of a problem's `clashes`."""
        return {name: value for name, value in asdict(self).items() if name != "wanted_by"}


def clashes(wanted: Collection[Booking]) -> list[Clash]:
    """List what stands against bookings that are not made yet: one query."""
    if not wanted:
        return []
    columns = zip(*((one.session_id, one.resource_id, one.starts_at, one.ends_at) for one in wanted), strict=True)
    with connection.cursor() as cursor:
        cursor.execute(_CLASHES, [list(column) for column in columns])
        return [Clash(*row) for row in cursor.fetchall()]


def alternative_rooms(session: Session) -> dict[UUID, str]:
    """Name the rooms that a session could be held in: the wanted one, then those of its venue and of its event."""
    if session.room is None:
        return {}
    near = Q(id__in=Session.objects.filter(event_id=session.event_id, deleted_at=None).values("room_id"))
    if session.room.venue_id:
        near |= Q(venue_id=session.room.venue_id)
    wanted_first = Case(When(id=session.room_id, then=Value(0)), default=Value(1), output_field=IntegerField())
    rooms = Room.objects.select_related("venue").filter(near | Q(id=session.room_id), deleted_at=None)
    return {room.id: str(room) for room in rooms.order_by(wanted_first, "name", "id")[:MAX_ALTERNATIVES]}


def busy(resource_ids: Collection[UUID], *, within: Span, but: UUID) -> Iterator[tuple[UUID, Span]]:
    """Yield when rooms and speakers are held within a span, leaving one session's own bookings out."""
    held = Booking.objects.filter(
        resource_id__in=resource_ids, starts_at__lt=within.ends_at, ends_at__gt=within.starts_at
    ).exclude(session_id=but)
    for resource_id, starts_at, ends_at in held.values_list("resource_id", "starts_at", "ends_at"):
        yield resource_id, Span(starts_at, ends_at)
