"""Reading registrations as rows: the attendee's own, or those of the events a member of staff looks after."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from attendance.models import Registration
from attendance.rules import CODE_LENGTH, RegistrationStatus
from catalog.models import Event, Session
from catalog.rules import search_words
from identity.rules import Operation, Role, may
from kit.actor import Actor
from kit.errors import NotFound
from kit.listing import Query, Row, Shape, Sort, asked_order, both_ways, fetched, keep_changed, shown
from kit.pagination import Stretch

REGISTRATIONS = Shape(
    table="attendance_registration",
    alias="r",
    inner="",
    outer="""
        LEFT JOIN LATERAL (
            SELECT scanned_at FROM attendance_checkin AS c
             WHERE c.registration_id = r.id AND c.verdict = 'admitted' AND c.undone_at IS NULL
        ) AS entry ON true
    """,
    columns={
        **{name: f"r.{name}" for name in ("id", "event_id", "session_id", "attendee_name", "attendee_email")},
        "role_text": "r.role_text",
        "status": "r.status",
        "waitlist_position": """
            CASE WHEN r.status = 'waitlisted' THEN (
                SELECT count(*) FROM attendance_registration AS ahead
                 WHERE ahead.pool_id = r.pool_id AND ahead.status = 'waitlisted' AND ahead.deleted_at IS NULL
                   AND ahead.waitlist_number <= r.waitlist_number) END
        """,
        **{name: f"r.{name}" for name in ("code", "source", "user_id", "pool_id", "ticket_issue")},
        "checked_in_at": "entry.scanned_at",
        **{name: f"r.{name}" for name in ("cancel_reason", "version", "created_at", "updated_at", "cancelled_at")},
        "deleted_at": "r.deleted_at",
    },
)
# Ids are made in the order of time, and the lists of one event have an index on them.
SORTS = both_ways(
    Sort("created_at", "r.id", "uuid"),
    Sort("updated_at", "r.updated_at", "timestamptz"),
    Sort("name", "r.search_text", "text"),
    Sort("waitlist", "coalesce(r.waitlist_number, 0)", "int"),
)
_INNER = ("user_id", "pool_id", "ticket_issue")
_CODE = re.compile(rf"[0-9A-Za-z]{{{CODE_LENGTH}}}")
_WILD = re.compile(r"([\\%_])")


def _visible(query: Query, reader: Actor) -> None:
    """Keep what the reader may see: attendees their own, coordinators those of the events assigned to them as well."""
    if may(reader, Operation.REGISTRATIONS_READ) and reader.role != Role.COORDINATOR:
        return
    own = "r.user_id = %(reader)s::uuid"
    if reader.role == Role.COORDINATOR:
        own += " OR r.event_id IN (SELECT event_id FROM catalog_event_coordinators WHERE user_id = %(reader)s::uuid)"
    query.where(f"({own})", reader=reader.id)


def _search(query: Query, text: str) -> None:
    """Keep those whose name, e-mail or code holds every word of the text, wherever in it."""
    if _CODE.fullmatch(text.strip()):
        query.where("(r.code = %(code)s::text OR r.search_text LIKE %(whole)s::text)",
                    code=text.strip().upper(), whole=f"%{text.strip().lower()}%")  # fmt: skip
        return
    for number, word in enumerate(text.lower().split()[:8]):
        # Of an e-mail the signs count; of a name the letters alone.
        parts = [word] if "@" in word or "." in word else search_words(word) or [word]
        for place, part in enumerate(parts):
            name = f"word{number}_{place}"
            query.where(f"r.search_text LIKE %({name})s::text", **{name: f"%{_WILD.sub(r'\\\1', part)}%"})


def _filter(query: Query, filters: Mapping[str, Any]) -> None:
    for name, cast in (("event_id", "uuid"), ("session_id", "uuid"), ("source", "text"), ("role_text", "text")):
        if filters.get(name):
            query.where(f"r.{name} = %({name})s::{cast}", **{name: filters[name]})
    if email := filters.get("email"):
        query.where("r.attendee_email = %(email)s::text", email=email)
    if statuses := filters.get("status"):
        query.where("r.status = ANY(%(statuses)s::text[])", statuses=[str(status) for status in statuses])
    if (checked_in := filters.get("checked_in")) is not None:
        entry = (
            "EXISTS (SELECT FROM attendance_checkin AS c WHERE c.registration_id = r.id"
            " AND c.verdict = 'admitted' AND c.undone_at IS NULL)"
        )
        query.where(entry if checked_in else f"NOT {entry}")
    if text := filters.get("search"):
        _search(query, text)
    keep_changed(query, filters, live="r.deleted_at IS NULL")


def registrations(
    filters: Mapping[str, Any], cut: Stretch, *, reader: Actor, at: datetime, is_own: bool = False
) -> Row:
    """Cut a stretch of the registrations that the reader may see, newest first unless told otherwise. One query.

    `is_own` leaves out those that the reader made or may see for others.
    """
    query = Query(REGISTRATIONS, at, asked_order(SORTS, filters, default="-created_at"))
    if is_own:
        query.where("r.user_id = %(reader)s::uuid", reader=reader.id)
    else:
        _visible(query, reader)
    _filter(query, filters)
    page, rows = query.cut(cut)
    return {"items": [as_shown(row) for row in rows], **page}


def as_shown(row: Row) -> Row:
    """Give a row as readers see it."""
    row = shown(row)
    for name in _INNER:
        row.pop(name, None)
    row["attendee"] = {"name": row.pop("attendee_name"), "email": row.pop("attendee_email")}
    return row


def registration(registration_id: UUID, *, reader: Actor, at: datetime) -> Row:
    """Find a registration as readers see it: one query.

    Raises:
        NotFound: there is none that the reader may see.
    """
    return as_shown(_one(registration_id, at=at, reader=reader))


def known(registration_id: UUID, *, at: datetime, reader: Actor | None = None) -> Row:
    """Find a registration with all that is known of it, for us or for a reader who may see it.

    Raises:
        NotFound: there is none, or none that the reader may see.
    """
    return _one(registration_id, at=at, reader=reader)


def _one(registration_id: UUID, *, at: datetime, reader: Actor | None) -> Row:
    query = Query(REGISTRATIONS, at, SORTS["created_at"])
    if reader is not None:
        _visible(query, reader)
    return query.one("registration", registration_id)


def sees(registration_id: UUID, *, reader: Actor, at: datetime) -> bool:
    """Tell whether the reader may see a registration."""
    query = Query(REGISTRATIONS, at, SORTS["created_at"])
    _visible(query, reader)
    query.where("r.id = %(id)s::uuid", id=registration_id)
    return bool(query.all())


def by_code(code: str, *, email: str | None = None) -> Registration:
    """Find the registration of a code; with an e-mail, only if it is that attendee's: what a guest knows.

    Raises:
        NotFound: there is none.
    """
    named = Registration.objects.filter(code=code.strip().upper(), deleted_at=None)
    found = (named if email is None else named.filter(attendee_email=email)).first()
    if found is None:
        raise NotFound("No such registration")
    return found


def live_of(email: str) -> list[Registration]:
    """List an attendee's registrations that hold or wait for a seat, the first to come first."""
    found = Registration.objects.filter(attendee_email=email, deleted_at=None, event__deleted_at=None)
    live = found.exclude(status=RegistrationStatus.CANCELLED)
    return list(live.select_related("event", "session").order_by("event__starts_at", "id"))


def attendees(*, pool_id: UUID | None = None, event_id: UUID | None = None) -> list[str]:
    """List the e-mails of those who hold or wait for a seat of a pool or of an event."""
    found = Registration.objects.filter(deleted_at=None).exclude(status=RegistrationStatus.CANCELLED)
    of = {"pool_id": pool_id} if pool_id else {"event_id": event_id}
    return list(found.filter(**of).order_by("attendee_email").values_list("attendee_email", flat=True).distinct())


def looks_after(event_id: UUID, *, by: Actor, to: Operation = Operation.REGISTRATIONS_WRITE) -> bool:
    """Tell whether the actor may do this with other people's registrations for the event."""
    if by.role == Role.COORDINATOR:
        return Event.objects.filter(id=event_id, coordinators=by.id).exists()
    return may(by, to)


def event_of(session_id: UUID) -> UUID:
    """Tell the event of a session.

    Raises:
        NotFound: no such session.
    """
    found = Session.objects.filter(id=session_id).values_list("event_id", flat=True).first()
    if found is None:
        raise NotFound("No such session")
    return found


_OWN = """
    SELECT r.event_id, e.name, e.place, e.starts_at, e.ends_at, r.id, r.session_id, s.title,
           coalesce(s.starts_at, e.starts_at), r.status
      FROM attendance_registration AS r JOIN catalog_event AS e ON e.id = r.event_id
      LEFT JOIN catalog_session AS s ON s.id = r.session_id
     WHERE r.user_id = %(reader)s::uuid AND r.status <> 'cancelled' AND r.deleted_at IS NULL AND e.deleted_at IS NULL
     ORDER BY e.ends_at < %(at)s::timestamptz, e.starts_at, e.id, coalesce(s.starts_at, e.starts_at), r.id
     LIMIT 1000
"""


def own_events(*, reader: Actor, at: datetime) -> list[Row]:
    """List the events that the reader is registered for, those to come first, with the registrations: one query."""
    found: dict[UUID, Row] = {}
    for event_id, name, place, starts_at, ends_at, *registration in fetched(_OWN, {"reader": reader.id, "at": at}):
        event = {"event_id": event_id, "name": name, "place": place, "starts_at": starts_at, "ends_at": ends_at}
        own = dict(zip(("id", "session_id", "session", "starts_at", "status"), registration, strict=True))
        found.setdefault(event_id, {**event, "registrations": []})["registrations"].append(own)
    return list(found.values())


def occasion(event_id: UUID, session_id: UUID | None) -> Row:
    """Tell what a ticket is for: its name, its place and its time."""
    event = Event.objects.get(id=event_id)
    told = {"name": event.name, "place": event.place, "starts_at": event.starts_at, "ends_at": event.ends_at}
    if session_id is None:
        return {**told, "session": ""}
    session = Session.objects.select_related("room").get(id=session_id)
    room = f"{session.room}, {event.place}" if session.room else event.place
    return {**told, "session": session.title, "place": room, "starts_at": session.starts_at, "ends_at": session.ends_at}
