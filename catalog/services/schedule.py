"""Rooms and speakers: who holds which when, and what else is free."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction

from catalog import selectors
from catalog.messages import ScheduleClash
from catalog.models import Booking, Room, Session, Speaker
from catalog.rules import Slot, Span, free_slots
from catalog.selectors import Clash
from kit.bulk import insert_all

CONSTRAINT = "one_booking_at_a_time"
# Tries before giving up on what others give back between the refusal and the look at why.
ATTEMPTS = 5


@dataclass(frozen=True, slots=True)
class Wanted:
    """A session and the speakers that it wants, beside its room and its time."""

    session: Session
    speaker_ids: Sequence[UUID]

    @property
    def span(self) -> Span:
        """Tell its time."""
        return Span(self.session.starts_at, self.session.ends_at)

    @property
    def stands(self) -> bool:
        """Tell whether the session holds anything: neither it nor its event is deleted or cancelled."""
        event = self.session.event
        return not (self.session.deleted_at or self.session.cancelled_at or event.deleted_at or event.cancelled_at)

    @property
    def bookings(self) -> list[Booking]:
        """List what it would hold."""
        session = self.session
        ids = {*self.speaker_ids, *([session.room_id] if session.room_id else [])} if self.stands else ()
        return [
            Booking(session_id=session.id, resource_id=one, starts_at=session.starts_at, ends_at=session.ends_at)
            for one in sorted(ids)
        ]


def locked_resources(*, room_ids: Collection[UUID], speaker_ids: Collection[UUID]) -> set[UUID]:
    """Lock rooms and speakers for the rest of the transaction, in one order, and give those that exist.

    The exclusion constraint guards the schedule by itself; the locks keep two writers who swap their rooms from
    waiting for each other. They come after the event's and before the pools'.
    """
    known: set[UUID] = set()
    for model, ids in ((Room, room_ids), (Speaker, speaker_ids)):
        if ids:
            rows = model.objects.select_for_update(no_key=True).filter(id__in=ids, deleted_at=None)
            known.update(rows.order_by("id").values_list("id", flat=True))
    return known


def locked_for(wanted: Iterable[Wanted]) -> set[UUID]:
    """Lock the rooms and speakers that sessions want, as `locked_resources` does."""
    listed = list(wanted)
    return locked_resources(
        room_ids={one.session.room_id for one in listed if one.session.room_id},
        speaker_ids={speaker_id for one in listed for speaker_id in one.speaker_ids},
    )


def release(session_ids: Collection[UUID]) -> None:
    """Give back what sessions hold."""
    Booking.objects.filter(session_id__in=session_ids).delete()


def hold(groups: Sequence[Sequence[Wanted]]) -> dict[UUID, list[Clash]]:
    """Hold rooms and speakers for sessions that hold nothing yet. Lock the resources first.

    Gives what stands against it, by session; then none of them holds anything. Sessions of one group come or
    stay together; of two groups that want the same, the first one has it.

    Raises:
        ScheduleClash: what stands against it changes all the time.
    """
    bookings = [booking for group in groups for one in group for booking in one.bookings]
    for _ in range(ATTEMPTS):
        try:
            with transaction.atomic():
                insert_all(bookings)
        except IntegrityError as error:
            if CONSTRAINT not in str(error):
                raise
        else:
            return {}
        # Whatever stood against it may have been given back since: then try again.
        if found := _clashes(groups, bookings):
            return found
    raise ScheduleClash("Rooms or speakers are changing hands too fast; try again")


def _clashes(groups: Sequence[Sequence[Wanted]], bookings: list[Booking]) -> dict[UUID, list[Clash]]:
    found: dict[UUID, list[Clash]] = defaultdict(list)
    for clash in selectors.clashes(bookings):
        found[clash.wanted_by].append(clash)
    accepted: dict[UUID, list[Session]] = defaultdict(list)
    for group in groups:
        held: dict[UUID, list[Session]] = defaultdict(list)
        for one in group:
            for booking in one.bookings:
                for other in (*accepted[booking.resource_id], *held[booking.resource_id]):
                    if one.span.overlaps(Span(other.starts_at, other.ends_at)):
                        found[one.session.id].append(_among_wanted(other, booking, one.session))
                held[booking.resource_id].append(one.session)
        if not any(one.session.id in found for one in group):
            for resource_id, sessions in held.items():
                accepted[resource_id] += sessions
    return dict(found)


def _among_wanted(other: Session, booking: Booking, session: Session) -> Clash:
    is_room = booking.resource_id == session.room_id
    return Clash(
        session_id=other.id,
        title=other.title,
        event_id=other.event_id,
        kind="room" if is_room else "speaker",
        resource_id=booking.resource_id,
        resource="the same room" if is_room else "the same speaker",
        starts_at=other.starts_at,
        ends_at=other.ends_at,
        wanted_by=session.id,
    )


def rebook(wanted: Wanted) -> None:
    """Hold a session's room and speakers in place of what it held.

    Raises:
        ScheduleClash: somebody holds one of them; with the clashes, and the nearest free slots of the event.
    """
    release([wanted.session.id])
    clashes = hold([[wanted]])
    if clashes:
        raise clash(clashes[wanted.session.id], offer=wanted)


def clash(clashes: Iterable[Clash], *, offer: Wanted | None = None) -> ScheduleClash:
    """Make the refusal that names what stands against a session, with free slots to offer if it is alone."""
    listed = list(clashes)
    extra: dict[str, Any] = {"clashes": [one.as_dict() for one in listed]}
    if offer is not None:
        extra["free_slots"] = _free(offer)
    return ScheduleClash("; ".join(f"{one.resource} is held by {one.title}" for one in listed), extra=extra)


def _free(wanted: Wanted) -> list[dict[str, Any]]:
    """Offer the nearest free slots within the event: the wanted room first, then those like it."""
    session, event = wanted.session, wanted.session.event
    rooms = selectors.alternative_rooms(session)
    within = Span(event.starts_at, event.ends_at)
    busy: dict[UUID, list[Span]] = defaultdict(list)
    for resource_id, span in selectors.busy([*rooms, *wanted.speaker_ids], within=within, but=session.id):
        busy[resource_id].append(span)
    of_rooms: dict[UUID | None, list[Span]] = {room_id: busy[room_id] for room_id in rooms}
    slots: list[Slot[UUID | None]] = free_slots(
        wanted.span,
        within=within,
        rooms=of_rooms or {None: []},
        people=[span for speaker_id in wanted.speaker_ids for span in busy[speaker_id]],
    )
    return [
        {
            "room_id": slot.room,
            "room": rooms[slot.room] if slot.room else None,
            "starts_at": slot.span.starts_at,
            "ends_at": slot.span.ends_at,
        }
        for slot in slots
    ]
