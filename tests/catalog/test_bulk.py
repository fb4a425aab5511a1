"""Many at once: each item is told what became of it, and the rules are those of single calls."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from catalog.models import Booking, Category, Event, Room, SeatPool, Session, Speaker
from journal.models import Entry
from tests.conftest import Callers, Json
from tests.factories import SOON, happened, make_event, make_named, make_session

HOUR = timedelta(hours=1)


def session(hour: int = 0, **fields: Any) -> Json:
    return {
        "title": "S", "starts_at": (SOON + hour * HOUR).isoformat(), "ends_at": (SOON + (hour + 1) * HOUR).isoformat(),
        "capacity": 5, **fields,
    }  # fmt: skip


def event(name: str = "E", **fields: Any) -> Json:
    ends_at = (SOON + 8 * HOUR).isoformat()
    return {"name": name, "starts_at": SOON.isoformat(), "ends_at": ends_at, "capacity": 9, **fields}


def bulk(items: list[Any], **how: Any) -> Json:
    return {"items": items, **how}


def test_all_is_made_with_its_sessions_and_told_in_order(caller: Callers) -> None:
    room, speaker, category = make_named(Room), make_named(Speaker), make_named(Category)
    ids = {"room_id": str(room.id), "speaker_ids": [str(speaker.id), str(speaker.id)]}
    items = [
        event("One", client_ref="a", category_id=str(category.id), sessions=[session(0, **ids), session(1, **ids)]),
        event("Two", sessions=[session(2, **ids)]),
    ]
    before = len(happened())
    response = caller("organizer").post("/events/bulk", bulk(items))
    told = response.json()
    assert response.status_code == 200
    assert told["summary"] == {"total": 2, "created": 2, "found": 0, "valid": 0, "refused": 0, "skipped": 0}
    assert [result["index"] for result in told["results"]] == [0, 1]
    assert told["results"][0]["client_ref"] == "a"
    assert [Event.objects.get(id=result["id"]).name for result in told["results"]] == ["One", "Two"]
    assert [len(result["session_ids"]) for result in told["results"]] == [2, 1]
    assert happened()[before:] == ["event.created"] * 2 + ["session.created"] * 3
    assert (SeatPool.objects.count(), Booking.objects.count()) == (5, 6)
    assert Entry.objects.filter(type="event.created").values_list("payload__name", flat=True)[0] in {"One", "Two"}


def test_what_bulk_made_is_what_single_calls_make(caller: Callers) -> None:
    api = caller("organizer")
    body = event("Same", description="d", place="p", latitude=4.5, resources="r", has_waitlist=True)
    made = api.post("/events/bulk", bulk([{**body, "sessions": [session(presenter="x")]}])).json()["results"][0]
    single = api.post("/events", body).json()
    shown = api.get(f"/events/{made['id']}").json()
    moving = {"id", "created_at", "updated_at"}
    assert {k: v for k, v in shown.items() if k not in moving} == {k: v for k, v in single.items() if k not in moving}
    of_bulk = api.get(f"/sessions/{made['session_ids'][0]}").json()
    of_single = api.post(f"/events/{single['id']}/sessions", session(presenter="x")).json()
    moving |= {"event_id"}
    assert {k: v for k, v in of_bulk.items() if k not in moving} == {
        k: v for k, v in of_single.items() if k not in moving
    }
    assert [hint["name"] for hint in api.get("/events/search?q=same").json()["items"]] == ["Same", "Same"]


BAD: list[tuple[Any, str, str]] = [
    ({}, "#/items/1/name", "invalid"),
    (7, "#/items/1", "invalid"),
    (event(colour="red"), "#/items/1/colour", "invalid"),
    (event(ends_at=SOON.isoformat()), "#/items/1/ends_at", "invalid"),
    (event(category_id=str(uuid4())), "#/items/1/category_id", "invalid"),
    (event(sessions=[session(), session(9)]), "#/items/1/sessions/1/starts_at", "invalid"),
    (event(sessions=[session(room_id=str(uuid4()))]), "#/items/1/sessions/0/room_id", "invalid"),
    (event(sessions=[session(speaker_ids=[str(uuid4())])]), "#/items/1/sessions/0/speaker_ids/0", "invalid"),
]


@pytest.mark.parametrize(("bad", "pointer", "code"), BAD)
def test_one_bad_item_stands_against_all_or_against_itself(caller: Callers, bad: Any, pointer: str, code: str) -> None:
    api = caller("organizer")
    items = [event("First"), bad, event("Last")]
    atomic = api.post("/events/bulk", bulk(items))
    assert atomic.status_code == 422
    assert [result["status"] for result in atomic.json()["results"]] == ["skipped", "refused", "skipped"]
    error = atomic.json()["results"][1]["error"]
    assert (error["code"], error["errors"][0]["pointer"]) == (code, pointer)
    assert (Event.objects.count(), Session.objects.count(), happened()) == (0, 0, [])

    partial = api.post("/events/bulk", bulk(items, mode="partial"))
    assert partial.status_code == 207
    assert [result["status"] for result in partial.json()["results"]] == ["created", "refused", "created"]
    assert partial.json()["results"][1]["error"] == error
    assert sorted(Event.objects.values_list("name", flat=True)) == ["First", "Last"]
    assert happened() == ["event.created", "event.created"]


@pytest.mark.parametrize("mode", ["atomic", "partial"])
def test_a_dry_run_checks_all_and_writes_nothing(caller: Callers, mode: str) -> None:
    api = caller("organizer")
    response = api.post("/events/bulk", bulk([event(), event()], dry_run=True, mode=mode))
    assert (response.status_code, response.json()["summary"]["valid"]) == (200, 2)
    assert all("id" not in result for result in response.json()["results"])
    mixed = api.post("/events/bulk", bulk([event(), {}], dry_run=True, mode=mode))
    assert mixed.status_code == (422 if mode == "atomic" else 207)
    assert (Event.objects.count(), SeatPool.objects.count(), happened()) == (0, 0, [])


def test_a_clash_is_found_with_what_is_there_and_within_the_call(caller: Callers) -> None:
    room, other = make_named(Room), make_named(Room)
    make_session(make_event(), title="There", room_id=room.id)
    before = Event.objects.count()
    there, free = {"room_id": str(room.id)}, {"room_id": str(other.id)}
    items = [
        event("clashes with what is there", sessions=[session(3, **free), session(0, **there)]),
        event("takes what the first would have", sessions=[session(3, **free)]),
        event("clashes with the second", sessions=[session(3, **free)]),
        event("clashes with itself", sessions=[session(5, **free), session(5, **free)]),
        event("is fine", sessions=[session(1, **there)]),
    ]
    response = caller("organizer").post("/events/bulk", bulk(items, mode="partial"))
    results = response.json()["results"]
    assert [result["status"] for result in results] == ["refused", "created", "refused", "refused", "created"]
    assert {result["error"]["code"] for result in results if "error" in result} == {"schedule_clash"}
    assert [clash["title"] for clash in results[0]["error"]["clashes"]] == ["There"]
    assert Event.objects.count() == before + 2
    assert caller("organizer").post("/events/bulk", bulk(items)).status_code == 422


def test_sessions_in_bulk_of_events_that_are_there_or_not(caller: Callers) -> None:
    draft, cancelled, deleted = make_event(), make_event(), make_event(stage=None)
    api = caller("organizer")
    api.post(f"/events/{cancelled.id}/cancel")
    api.delete(f"/events/{deleted.id}")
    ids = [draft.id, cancelled.id, deleted.id, uuid4()]
    items = [session(event_id=str(event_id)) for event_id in ids]
    results = api.post("/sessions/bulk", bulk([*items, session()], mode="partial")).json()["results"]
    assert [result.get("error", {}).get("code") for result in results] == [
        None, "wrong_stage", "deleted", "not_found", "invalid",
    ]  # fmt: skip
    assert str(Session.objects.get().id) == results[0]["id"]


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"items": []}, "#/items"),
        ({"items": [{}] * 1_001}, "#/items"),
        ({"items": {}}, "#/items"),
        ({}, "#/items"),
        ({"items": [{}], "mode": "some"}, "#/mode"),
        ({"items": [{}], "extra": 1}, "#/extra"),
    ],
)
def test_a_call_that_cannot_be_read_is_refused_whole(caller: Callers, body: Json, pointer: str) -> None:
    response = caller("organizer").post("/events/bulk", body)
    assert (response.status_code, response.json()["errors"][0]["pointer"]) == (422, pointer)


def test_sessions_are_counted_over_the_whole_call(caller: Callers) -> None:
    items = [event(sessions=[session()] * 200)] * 26
    response = caller("organizer").post("/events/bulk", bulk(items, mode="partial"))
    assert (response.status_code, response.json()["errors"][0]["code"]) == (422, "too_many_sessions")
    assert Event.objects.count() == 0


def test_the_statements_do_not_grow_with_the_items(caller: Callers) -> None:
    api = caller("organizer")
    room = make_named(Room)
    counts = []
    # The first call finds out who calls, too.
    for number, size in enumerate((1, 2, 40)):
        items = [event(sessions=[session(number, room_id=str(room.id))] if index == 0 else []) for index in range(size)]
        with CaptureQueriesContext(connection) as queries:
            assert api.post("/events/bulk", bulk(items)).status_code == 200
        counts.append(len(queries))
    assert counts[1] == counts[2]


def test_a_body_of_ten_megabytes_is_read_here_and_nowhere_else(caller: Callers) -> None:
    api = caller("organizer")
    big = [event(description="x" * 19_000) for _ in range(100)]
    assert api.post("/events/bulk", bulk(big)).status_code == 200
    assert api.post("/events/bulk", bulk([event(description="x" * 10_000_001)])).status_code == 413
    assert api.post("/events", event(description="x" * 1_000_001)).status_code == 413


def test_who_may_not_write_writes_nothing(caller: Callers) -> None:
    for role in ("attendee", "coordinator", "scanner"):
        assert caller(role).post("/events/bulk", bulk([event()])).status_code == 403
    assert Event.objects.count() == 0
