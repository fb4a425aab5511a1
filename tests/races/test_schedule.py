"""Two organizers, one room, the same instant: the constraint lets one in, and nothing else would."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.utils.timezone import now

from catalog.messages import ScheduleClash
from catalog.models import Booking, Event, Room, Session, Speaker
from catalog.rules import Stage
from catalog.selectors import typed_ahead
from catalog.services import (
    cancel_session,
    create_session,
    delete_named,
    update_event,
    update_named,
    update_session,
)
from catalog.services.bulk import Item, create_sessions
from identity import tokens
from kit.actor import SYSTEM
from tests.factories import NOW, make_event, make_member, make_named, make_session, session_fields
from tests.races.conftest import AtOnce

ROUNDS = 10


def take(event: Event, **fields: Any) -> Session:
    return create_session(event_id=event.id, fields=session_fields(event, **fields), by=SYSTEM, at=NOW)


def overlaps() -> int:
    """Count the pairs of bookings that share a resource and a moment, by looking at all of them."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM catalog_booking a JOIN catalog_booking b ON a.id < b.id"
            " AND a.resource_id = b.resource_id AND a.starts_at < b.ends_at AND b.starts_at < a.ends_at"
        )
        return int(cursor.fetchone()[0])


@pytest.fixture
def events(arena: str) -> list[Event]:
    return [make_event() for _ in range(4)]


@contextmanager
def without_the_constraint() -> Iterator[None]:
    """Take the guard away, and put it back once the rows that it would refuse are gone."""
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE catalog_booking DROP CONSTRAINT one_booking_at_a_time")
        try:
            yield
        finally:
            cursor.execute("DELETE FROM catalog_booking")
            cursor.execute(
                "ALTER TABLE catalog_booking ADD CONSTRAINT one_booking_at_a_time EXCLUDE USING gist ("
                " uuidrange(resource_id, resource_id, '[]') WITH &&, tstzrange(starts_at, ends_at) WITH &&)"
            )


def over_http(event: Event, room: Room, token: str) -> Callable[[], int]:
    fields = session_fields(event, room_id=str(room.id))
    body = {name: value.isoformat() if hasattr(value, "isoformat") else value for name, value in fields.items()}

    def call() -> int:
        client = Client(headers={"host": "arena.localhost", "authorization": f"Bearer {token}"})
        path = f"/api/v1/events/{event.id}/sessions"
        return client.post(path, body, content_type="application/json").status_code

    return call


def test_one_room_goes_to_one_of_many_organizers_over_http(events: list[Event], at_once: AtOnce) -> None:
    token = tokens.access_token(make_member("organizer"), at=now())
    for _ in range(ROUNDS):
        room = make_named(Room)
        statuses = at_once(*[over_http(event, room, token) for event in events])
        assert sorted(statuses) == [201, 409, 409, 409]
    assert overlaps() == 0


def test_control_without_the_constraint_all_of_them_get_it(events: list[Event], at_once: AtOnce) -> None:
    token = tokens.access_token(make_member("organizer"), at=now())
    room = make_named(Room)
    with without_the_constraint():
        statuses = at_once(*[over_http(event, room, token) for event in events])
        assert (statuses, overlaps()) == ([201] * 4, 6)


def test_a_speaker_goes_to_one_of_many(events: list[Event], at_once: AtOnce) -> None:
    for _ in range(ROUNDS):
        speaker = make_named(Speaker)
        results = at_once(*[partial(take, event, speaker_ids=[speaker.id]) for event in events])
        assert [type(result) for result in results].count(Session) == 1
        assert sum(isinstance(result, ScheduleClash) for result in results) == 3


def test_two_who_swap_their_rooms_do_not_wait_for_each_other(events: list[Event], at_once: AtOnce) -> None:
    """Each wants what the other holds. Without the locks on the rooms that is a deadlock, and a 503 for one."""
    for _ in range(ROUNDS):
        rooms = [make_named(Room) for _ in range(2)]
        sessions = [make_session(event, room_id=room.id) for event, room in zip(events, rooms, strict=False)]
        results = at_once(
            *[
                partial(update_session, session_id=session.id, changes={"room_id": room.id}, by=SYSTEM, at=NOW)
                for session, room in zip(sessions, rooms[::-1], strict=True)
            ]
        )
        assert [type(result) for result in results] == [ScheduleClash, ScheduleClash]
        for session in sessions:
            cancel_session(session_id=session.id, by=SYSTEM, at=NOW)


def test_a_room_that_is_given_back_is_taken_at_once(events: list[Event], at_once: AtOnce) -> None:
    """Whoever asks while it is being cancelled gets it or does not; nobody gets it twice."""
    for _ in range(ROUNDS):
        room = make_named(Room)
        held = make_session(events[0], room_id=room.id)
        cancelling = partial(cancel_session, session_id=held.id, by=SYSTEM, at=NOW)
        takers = [partial(take, event, room_id=room.id) for event in events[1:3]]
        _, *results = at_once(cancelling, *takers)
        assert (
            sum(isinstance(result, Session) for result in results)
            == Booking.objects.filter(resource_id=room.id).count()
        )
        assert {type(result) for result in results} <= {Session, ScheduleClash}
    assert overlaps() == 0


def test_a_room_is_deleted_or_taken_but_not_both(events: list[Event], at_once: AtOnce) -> None:
    for _ in range(ROUNDS):
        room = make_named(Room)
        at_once(
            partial(delete_named, Room, row_id=room.id, by=SYSTEM, at=NOW), partial(take, events[0], room_id=room.id)
        )
        room.refresh_from_db()
        is_taken = Booking.objects.filter(resource_id=room.id).exists()
        assert is_taken == (room.deleted_at is None)
        Session.objects.filter(room=room).update(cancelled_at=NOW)
        Booking.objects.filter(resource_id=room.id).delete()


def test_bulk_calls_for_the_same_rooms_in_another_order(events: list[Event], at_once: AtOnce) -> None:
    """Many rooms in opposite orders: locks are taken by id, so nobody waits for ever, and each room goes once."""
    rooms = [make_named(Room) for _ in range(10)]

    def items(event: Event, order: int) -> list[Item]:
        return [Item(session_fields(event, room_id=room.id), event_id=event.id) for room in rooms[::order]]

    calls = [
        partial(create_sessions, items(event, order), is_atomic=False, by=SYSTEM, at=NOW)
        for event, order in zip(events, (1, -1, 1, -1), strict=True)
    ]
    results = at_once(*calls)
    made = [outcome.id for outcomes in results for outcome in outcomes if outcome.id]
    assert len(made) == len(rooms)
    assert overlaps() == 0


def test_a_session_moves_while_another_takes_its_time(events: list[Event], at_once: AtOnce) -> None:
    room = make_named(Room)
    session = make_session(events[0], room_id=room.id)
    hour = timedelta(hours=1)
    later = {"starts_at": session.starts_at + hour, "ends_at": session.ends_at + hour}
    moved, taken = at_once(
        partial(update_session, session_id=session.id, changes=later, by=SYSTEM, at=NOW),
        partial(take, events[1], room_id=room.id),
    )
    assert isinstance(moved, Session)
    assert isinstance(taken, Session | ScheduleClash)
    assert overlaps() == 0


def test_a_search_finds_what_two_writers_changed_at_once(events: list[Event], at_once: AtOnce) -> None:
    """One renames the speaker, the other the event: neither may leave the other's old name behind."""
    speaker, event = make_named(Speaker), events[0]
    make_session(event, speaker_ids=[speaker.id], stage=Stage.ON_SALE)
    for number in range(ROUNDS):
        at_once(
            partial(update_named, Speaker, row_id=speaker.id, changes={"name": f"speaker{number}"}, by=SYSTEM, at=NOW),
            partial(update_event, event_id=event.id, changes={"name": f"event{number}"}, by=SYSTEM, at=NOW),
        )
        found = typed_ahead(f"speaker{number} event{number}", reader=SYSTEM, at=NOW)
        assert [row["id"] for row in found] == [event.id]
