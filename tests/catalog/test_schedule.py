"""Rooms and speakers are held by one session at a time, and whoever clashes is told with whom and what is free."""

from datetime import timedelta
from typing import Any

import pytest

from catalog.models import Booking, Event, Room, Session, Speaker, Venue
from tests.conftest import Callers
from tests.factories import happened, make_event, make_named, make_session

HOUR = timedelta(hours=1)


def body(event: Event, *, hour: float = 0, hours: float = 1, **fields: Any) -> dict[str, Any]:
    starts_at = event.starts_at + hour * HOUR
    return {
        "title": "New", "starts_at": starts_at.isoformat(), "ends_at": (starts_at + hours * HOUR).isoformat(),
        "capacity": 5, **fields,
    }  # fmt: skip


@pytest.fixture
def venue(acme: Any) -> Venue:
    return make_named(Venue, name="Ágora")


@pytest.fixture
def rooms(venue: Venue) -> list[Room]:
    return [make_named(Room, name=name, venue_id=venue.id) for name in ("A", "B")]


def at_hour(event: Event, hour: int, **fields: Any) -> Session:
    return make_session(
        event, starts_at=event.starts_at + hour * HOUR, ends_at=event.starts_at + (hour + 1) * HOUR, **fields
    )


def test_a_room_that_is_taken_is_a_409_with_the_clash_and_what_is_free(caller: Callers, rooms: list[Room]) -> None:
    event, other = make_event(), make_event()
    taken = make_session(other, title="Redes", room_id=rooms[0].id)
    before = happened()
    response = caller("organizer").post(f"/events/{event.id}/sessions", body(event, room_id=str(rooms[0].id)))
    problem = response.json()
    assert (response.status_code, problem["code"]) == (409, "schedule_clash")
    (clash,) = problem["clashes"]
    assert (clash["session_id"], clash["title"], clash["kind"], clash["resource"]) == (
        str(taken.id), "Redes", "room", "Ágora, A",
    )  # fmt: skip
    assert clash["starts_at"].endswith("Z")
    slots = [(slot["room"], slot["starts_at"]) for slot in problem["free_slots"]]
    start = event.starts_at
    assert slots == [
        ("Ágora, B", f"{start:%Y-%m-%dT%H:%M:%SZ}"),
        ("Ágora, A", f"{start + HOUR:%Y-%m-%dT%H:%M:%SZ}"),
        ("Ágora, A", f"{start + 7 * HOUR:%Y-%m-%dT%H:%M:%SZ}"),
    ]
    assert happened() == before
    assert Session.objects.count() == 1


def test_a_slot_that_is_offered_is_accepted(caller: Callers, rooms: list[Room]) -> None:
    event = make_event()
    make_session(event, room_id=rooms[0].id)
    api = caller("organizer")
    wanted = body(event, room_id=str(rooms[0].id))
    for slot in api.post(f"/events/{event.id}/sessions", wanted).json()["free_slots"]:
        taken = {**wanted, **{name: slot[name] for name in ("room_id", "starts_at", "ends_at")}}
        assert api.post(f"/events/{event.id}/sessions", taken).status_code == 201


def test_a_speaker_is_at_one_place_at_a_time(caller: Callers, rooms: list[Room]) -> None:
    event = make_event()
    speaker = make_named(Speaker, name="Ana Gil")
    at_hour(event, 1, speaker_ids=[speaker.id], room_id=rooms[0].id)
    api = caller("organizer")
    wanted = body(event, hour=1.5, room_id=str(rooms[1].id), speaker_ids=[str(speaker.id)])
    problem = api.post(f"/events/{event.id}/sessions", wanted).json()
    assert [(clash["kind"], clash["resource"]) for clash in problem["clashes"]] == [("speaker", "Ana Gil")]
    assert {slot["starts_at"] for slot in problem["free_slots"]} == {
        f"{event.starts_at + 2 * HOUR:%Y-%m-%dT%H:%M:%SZ}", f"{event.starts_at:%Y-%m-%dT%H:%M:%SZ}",
    }  # fmt: skip
    later = body(event, hour=2, room_id=str(rooms[1].id), speaker_ids=[str(speaker.id)])
    assert api.post(f"/events/{event.id}/sessions", later).status_code == 201


def test_moving_resizing_and_handing_over_are_checked_the_same_way(caller: Callers, rooms: list[Room]) -> None:
    event = make_event()
    at_hour(event, 0, room_id=rooms[0].id)
    session = at_hour(event, 1, room_id=rooms[0].id)
    api, path = caller("organizer"), f"/sessions/{session.id}"
    too_early = {"starts_at": (event.starts_at + timedelta(minutes=59)).isoformat()}
    response = api.patch(path, {**too_early, "title": "Moved"})
    assert (response.status_code, response.json()["code"]) == (409, "schedule_clash")
    assert (api.get(path).json()["title"], Booking.objects.count()) == (session.title, 2)
    assert api.patch(path, {**too_early, "room_id": str(rooms[1].id)}).status_code == 200
    assert api.patch(path, {"room_id": str(rooms[0].id)}).status_code == 409
    assert api.patch(path, {"room_id": None}).status_code == 200
    assert Booking.objects.count() == 1


def test_what_is_cancelled_or_deleted_holds_nothing_and_restoring_asks_again(
    caller: Callers, rooms: list[Room]
) -> None:
    event = make_event(stage=None)
    first, second = (make_session(event, room_id=rooms[number].id) for number in (0, 1))
    api = caller("organizer")
    assert api.post(f"/sessions/{first.id}/cancel").status_code == 200
    assert api.delete(f"/sessions/{second.id}").status_code == 204
    assert Booking.objects.count() == 0
    successor = make_session(event, title="Successor", room_id=rooms[1].id)
    problem = api.post(f"/sessions/{second.id}/restore").json()
    assert (problem["code"], problem["clashes"][0]["title"]) == ("schedule_clash", "Successor")
    assert api.get(f"/sessions/{second.id}").status_code == 410
    assert api.delete(f"/sessions/{successor.id}").status_code == 204
    assert api.post(f"/sessions/{second.id}/restore").json()["room"] == "Ágora, B"
    assert happened()[-2:] == ["session.deleted", "session.restored"]


def test_a_deleted_event_gives_its_rooms_away_and_asks_for_them_back(caller: Callers, rooms: list[Room]) -> None:
    event, other = make_event(stage=None), make_event()
    make_session(event, room_id=rooms[0].id)
    api = caller("organizer")
    assert api.delete(f"/events/{event.id}").status_code == 204
    taken = make_session(other, room_id=rooms[0].id)
    assert api.post(f"/events/{event.id}/restore").json()["code"] == "schedule_clash"
    assert api.post(f"/sessions/{taken.id}/cancel").status_code == 200
    assert api.post(f"/events/{event.id}/restore").json()["status"] == "draft"
    assert Booking.objects.count() == 1
    assert api.post(f"/events/{event.id}/restore").status_code == 200
    assert happened().count("event.restored") == 1


def test_cancelling_an_event_frees_everything_at_once(caller: Callers, rooms: list[Room]) -> None:
    event = make_event()
    for room in rooms:
        make_session(event, room_id=room.id)
    assert caller("organizer").post(f"/events/{event.id}/cancel").status_code == 200
    assert Booking.objects.count() == 0


def test_a_room_or_speaker_deleted_since_is_kept_but_not_taken_anew(caller: Callers, rooms: list[Room]) -> None:
    event = make_event()
    session = make_session(event, room_id=rooms[0].id)
    api = caller("organizer")
    assert api.delete(f"/rooms/{rooms[0].id}").json()["code"] == "in_use"
    assert api.delete(f"/rooms/{rooms[1].id}").status_code == 204
    response = api.patch(f"/sessions/{session.id}", {"room_id": str(rooms[1].id)})
    assert response.json()["errors"][0]["pointer"] == "#/room_id"
