"""Events and sessions, over HTTP."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from catalog.models import Event, Room, Session, Speaker, Venue
from catalog.rules import Admission, Stage
from journal.models import Entry
from tests.conftest import Api, Callers
from tests.factories import (
    SOON,
    event_fields,
    happened,
    make_event,
    make_named,
    make_registration,
    make_session,
    session_fields,
)

BODY = {
    "name": " Foro de Energía ", "description": "Dos días", "place": "Bogotá", "latitude": 4.65, "longitude": -74.1,
    "image_url": "https://images.example/foro.png", "resources": "Proyector",
    "starts_at": "2047-03-01T09:00:00-05:00", "ends_at": "2047-03-02T18:00:00-05:00",
    "capacity": 300, "admission": "event", "has_waitlist": True, "access_code": "",
}  # fmt: skip


def test_an_organizer_drafts_an_event(caller: Callers) -> None:
    response = caller("organizer").post("/events", BODY)
    assert response.status_code == 201
    shown = response.json()
    assert (shown["name"], shown["status"], shown["version"]) == ("Foro de Energía", "draft", 1)
    assert (shown["starts_at"], shown["ends_at"]) == ("2047-03-01T14:00:00Z", "2047-03-02T23:00:00Z")
    assert (shown["capacity"], shown["seats_taken"], shown["seats_left"]) == (300, 0, 300)
    assert "access_code" not in shown
    assert happened() == ["event.created"]


@pytest.mark.parametrize(
    ("change", "pointer", "code"),
    [
        ({"name": ""}, "#/name", "string_too_short"),
        ({"name": None}, "#/name", "string_type"),
        ({"capacity": -1}, "#/capacity", "greater_than_equal"),
        ({"capacity": 1_000_001}, "#/capacity", "less_than_equal"),
        ({"capacity": "many"}, "#/capacity", "int_parsing"),
        ({"starts_at": "2047-03-01T09:00:00"}, "#/starts_at", "timezone_aware"),
        ({"starts_at": "tomorrow"}, "#/starts_at", "datetime_from_date_parsing"),
        ({"starts_at": 1_800_000_000}, "#/starts_at", "value_error"),
        ({"ends_at": "9999-12-31T23:59:59-12:00"}, "#/ends_at", "value_error"),
        ({"ends_at": BODY["starts_at"]}, "#/ends_at", "ends_before_start"),
        ({"admission": "both"}, "#/admission", "enum"),
        ({"latitude": 91}, "#/latitude", "less_than_equal"),
        ({"image_url": "javascript:alert(1)"}, "#/image_url", "url_scheme"),
        ({"category_id": "1"}, "#/category_id", "uuid_parsing"),
        ({"category_id": str(UUID(int=7))}, "#/category_id", "not_found"),
        ({"seats_taken": 5}, "#/seats_taken", "extra_forbidden"),
    ],
)
def test_a_bad_field_is_named_and_nothing_is_written(
    caller: Callers, change: dict[str, Any], pointer: str, code: str
) -> None:
    response = caller("organizer").post("/events", {**BODY, **change})
    assert response.status_code == 422
    (error,) = response.json()["errors"]
    assert (error["pointer"], error["code"]) == (pointer, code)
    assert not Event.objects.exists()
    assert happened() == []


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ("{", 400, "malformed"),
        ("", 422, "invalid"),
        ("[]", 422, "invalid"),
        ("null", 422, "invalid"),
        ('{"name": "\\u0000"}', 400, "malformed"),
        ('{"name": "\\ud800"}', 400, "malformed"),
        ('{"capacity": NaN}', 400, "malformed"),
        ("[" * 5_000, 400, "malformed"),
        ('{"name": "' + "x" * 1_000_001 + '"}', 413, "too_large"),
    ],
)
def test_a_broken_body_is_a_problem(caller: Callers, body: str, status: int, code: str) -> None:
    response = caller("organizer")("post", "/events", body)
    assert (response.status_code, response.json()["code"]) == (status, code)
    assert response["Content-Type"] == "application/problem+json"
    assert response.json()["request_id"] == response["X-Request-Id"]


def test_a_body_of_another_type_is_refused(caller: Callers) -> None:
    api = caller("organizer")
    response = api._client.post("/api/v1/events", data="name=x", content_type="application/x-www-form-urlencoded")
    assert (response.status_code, response.json()["code"]) == (415, "unsupported_media_type")


@pytest.mark.parametrize(
    "path", ["/events/not-a-uuid", "/events/1", "/nothing", "/events/x'--", f"/events/{UUID(int=7)}"]
)
def test_what_is_not_there_is_a_404(anonymous: Api, path: str) -> None:
    response = anonymous.get(path)
    assert (response.status_code, response.json()["code"]) == (404, "not_found")


def test_a_method_that_is_not_there_is_a_405(anonymous: Api) -> None:
    response = anonymous("put", "/events", {})
    assert (response.status_code, set(response["Allow"].split(", "))) == (405, {"GET", "POST"})


@pytest.mark.parametrize("query", ["page=0", "size=101", "page=x", "size=-1", "page=99999999999999999999"])
def test_a_bad_query_is_refused(anonymous: Api, query: str) -> None:
    response = anonymous.get(f"/events?{query}")
    assert response.status_code == 422
    assert response.json()["errors"][0]["pointer"] == f"?{query.split('=', maxsplit=1)[0]}"


def test_an_address_with_a_nul_is_refused(anonymous: Api) -> None:
    assert anonymous.get("/events?page=%00").status_code == 400


@pytest.mark.parametrize("role", ["coordinator", "scanner", "attendee", None])
def test_who_may_not_write_writes_nothing(caller: Callers, anonymous: Api, role: str | None) -> None:
    event = make_event(stage=None, name="Before")
    api = caller(role) if role else anonymous
    expected = 403 if role else 401
    for method, path, body in (
        ("post", "/events", BODY),
        ("patch", f"/events/{event.id}", {"name": "After"}),
        ("delete", f"/events/{event.id}", None),
        ("post", f"/events/{event.id}/publish", {}),
        ("post", f"/events/{event.id}/cancel", {}),
        ("post", f"/events/{event.id}/sessions", {}),
    ):
        assert api(method, path, body).status_code == expected, path
    event.refresh_from_db()
    assert (event.name, event.stage, event.deleted_at, Event.objects.count()) == ("Before", "draft", None, 1)


def test_a_draft_is_hidden_until_published(caller: Callers, anonymous: Api) -> None:
    event = make_event(stage=None)
    session = make_session(event)
    paths = (f"/events/{event.id}", f"/events/{event.id}/sessions", f"/sessions/{session.id}")
    for api, status in ((anonymous, 404), (caller("attendee"), 404), (caller("coordinator"), 200)):
        assert [api.get(path).status_code for path in paths] == [status] * 3
    assert anonymous.get("/events").json()["total"] == 0

    assert caller("organizer").post(f"/events/{event.id}/publish").json()["status"] == "on_sale"
    assert [anonymous.get(path).status_code for path in paths] == [200] * 3
    assert anonymous.get("/events").json()["items"][0]["id"] == str(event.id)
    assert anonymous.get(f"/sessions/{session.id}").json()["status"] == "on_sale"


def test_events_are_paged_by_date(anonymous: Api) -> None:
    for day in (3, 1, 2):
        make_event(name=f"Day {day}", starts_at=SOON + timedelta(days=day), ends_at=SOON + timedelta(days=day, hours=1))
    first = anonymous.get("/events?size=2").json()
    second = anonymous.get("/events?size=2&page=2").json()
    assert [item["name"] for item in first["items"]] == ["Day 1", "Day 2"]
    assert [item["name"] for item in second["items"]] == ["Day 3"]
    assert {key: first[key] for key in ("total", "page", "size")} == {"total": 3, "page": 1, "size": 2}


@pytest.mark.parametrize("rows", [1, 3])
def test_lists_cost_the_same_however_long(caller: Callers, rows: int) -> None:
    api = caller("organizer")
    api.get("/events")
    for _ in range(rows):
        event = make_event(admission=Admission.SESSION)
        make_event()
    for number in range(rows):
        make_session(
            event, room_id=make_named(Room).id, speaker_ids=[make_named(Speaker).id],
            starts_at=event.starts_at + timedelta(hours=number), ends_at=event.starts_at + timedelta(hours=number + 1),
        )  # fmt: skip
    for path, count in (
        ("/events", 2),
        ("/events?search=event", 1),
        ("/events?expand=sessions,speakers&limit=100", 2),
        ("/events/search?q=even", 1),
        (f"/events/{event.id}", 1),
        (f"/events/{event.id}?expand=sessions,speakers", 2),
        (f"/events/{event.id}/sessions", 2),
        ("/sessions?limit=100", 1),
        ("/rooms", 2),
        (f"/speakers?event_id={event.id}&limit=10", 1),
    ):
        with CaptureQueriesContext(connection) as queries:
            assert api.get(path).status_code == 200
        assert len(queries) == count, (path, [query["sql"] for query in queries])


def test_a_change_touches_what_it_names(caller: Callers) -> None:
    event = make_event(description="kept")
    response = caller("organizer").patch(f"/events/{event.id}", {"name": "New", "capacity": 20})
    shown = response.json()
    assert (shown["name"], shown["description"], shown["capacity"], shown["version"]) == ("New", "kept", 20, 3)
    entry = Entry.objects.get(type="event.updated")
    assert entry.changes == {"name": [event.name, "New"], "capacity": [10, 20]}


def test_a_change_of_nothing_is_no_change(caller: Callers) -> None:
    event = make_event()
    api = caller("organizer")
    assert api.patch(f"/events/{event.id}", {"name": event.name}).json()["version"] == event.version
    assert api.patch(f"/events/{event.id}", {}).status_code == 200
    assert "event.updated" not in happened()


def test_capacity_never_falls_below_the_seats_taken(caller: Callers) -> None:
    event = make_event(capacity=3)
    for _ in range(2):
        make_registration(event)
    api = caller("organizer")
    response = api.patch(f"/events/{event.id}", {"capacity": 1, "name": "New"})
    assert (response.status_code, response.json()["code"]) == (409, "capacity_below_seats_taken")
    event.refresh_from_db()
    assert (event.pool.capacity, event.name == "New") == (3, False)
    assert api.patch(f"/events/{event.id}", {"capacity": 2}).json()["seats_left"] == 0


def test_dates_must_hold_the_sessions(caller: Callers) -> None:
    event = make_event()
    make_session(event)
    api = caller("organizer")
    starts_at = (event.starts_at + timedelta(minutes=1)).isoformat()
    response = api.patch(f"/events/{event.id}", {"starts_at": starts_at})
    assert (response.status_code, response.json()["errors"][0]["code"]) == (422, "sessions_left_outside")
    fields = session_fields(event, ends_at=event.ends_at + timedelta(seconds=1))
    fields = {key: value.isoformat() if hasattr(value, "isoformat") else value for key, value in fields.items()}
    response = api.post(f"/events/{event.id}/sessions", fields)
    assert (response.status_code, response.json()["errors"][0]["code"]) == (422, "outside_event")


def test_the_stages_go_forward_only(caller: Callers) -> None:
    event = make_event(stage=None, access_code="")
    api = caller("organizer")
    path = f"/events/{event.id}"
    assert api.post(f"{path}/publish", {"stage": "teaser"}).json()["status"] == "teaser"
    response = api.post(f"{path}/publish", {"stage": "presale"})
    assert (response.status_code, response.json()["errors"][0]["code"]) == (422, "access_code_needed")
    api.patch(path, {"access_code": "friends"})
    assert api.post(f"{path}/publish", {"stage": "presale"}).json()["status"] == "presale"
    assert api.post(f"{path}/publish").json()["status"] == "on_sale"
    again = api.post(f"{path}/publish").json()
    assert again["status"] == "on_sale"
    response = api.post(f"{path}/publish", {"stage": "teaser"})
    assert (response.status_code, response.json()["code"]) == (409, "wrong_stage")
    assert api.post(f"{path}/publish", {"stage": "draft"}).status_code == 422
    assert happened().count("event.published") == 3


def test_suspending_stops_and_resuming_goes_on(caller: Callers) -> None:
    event = make_event()
    api = caller("organizer")
    for _ in range(2):
        assert api.post(f"/events/{event.id}/suspend").json()["status"] == "suspended"
    assert api.post(f"/events/{event.id}/publish").status_code == 409
    for _ in range(2):
        assert api.post(f"/events/{event.id}/resume").json()["status"] == "on_sale"
    assert happened()[-2:] == ["event.suspended", "event.resumed"]


def test_cancelling_is_for_good_and_takes_the_sessions_along(caller: Callers) -> None:
    event = make_event()
    sessions = [make_session(event) for _ in range(2)]
    api = caller("organizer")
    for _ in range(2):
        assert api.post(f"/events/{event.id}/cancel").json()["status"] == "cancelled"
    assert {api.get(f"/sessions/{session.id}").json()["status"] for session in sessions} == {"cancelled"}
    for verb in ("publish", "suspend", "resume"):
        assert api.post(f"/events/{event.id}/{verb}").json()["code"] == "wrong_stage"
    assert happened()[-3:] == ["session.cancelled", "session.cancelled", "event.cancelled"]


def test_a_deleted_event_is_gone_and_a_public_one_is_not_deleted(caller: Callers, anonymous: Api) -> None:
    event, public = make_event(stage=None), make_event()
    api = caller("organizer")
    assert api.delete(f"/events/{event.id}").status_code == 204
    assert api.get(f"/events/{event.id}").json()["code"] == "deleted"
    assert api.patch(f"/events/{event.id}", {"name": "x"}).status_code == 410
    assert anonymous.get(f"/events/{event.id}").status_code == 404
    assert api.delete(f"/events/{public.id}").json()["code"] == "wrong_stage"
    assert api.get("/events").json()["total"] == 1


def test_a_session_carries_its_speakers_and_room(caller: Callers) -> None:
    event = make_event()
    speaker = make_named(Speaker, name="Ana Gil")
    room = make_named(Room, venue_id=make_named(Venue, name="Ágora").id, name="A")
    api = caller("organizer")
    body = {
        "title": "Redes", "starts_at": event.starts_at.isoformat(), "ends_at": event.ends_at.isoformat(),
        "capacity": 5, "room_id": str(room.id), "speaker_ids": [str(speaker.id)],
    }  # fmt: skip
    shown = api.post(f"/events/{event.id}/sessions", body).json()
    assert (shown["room"], [one["name"] for one in shown["speakers"]]) == ("Ágora, A", ["Ana Gil"])
    twice = {"speaker_ids": [str(speaker.id), str(speaker.id)]}
    assert len(api.patch(f"/sessions/{shown['id']}", twice).json()["speakers"]) == 1
    response = api.patch(f"/sessions/{shown['id']}", {"speaker_ids": [*twice["speaker_ids"], str(uuid4())]})
    assert response.json()["errors"][0]["pointer"] == "#/speaker_ids/2"
    assert api.patch(f"/sessions/{shown['id']}", {"speaker_ids": []}).json()["speakers"] == []
    assert api.patch(f"/sessions/{shown['id']}", {"room_id": str(uuid4())}).status_code == 422


def test_a_session_is_published_as_far_as_its_event(caller: Callers) -> None:
    event = make_event(stage=Stage.TEASER)
    session = make_session(event)
    api = caller("organizer")
    assert api.post(f"/sessions/{session.id}/publish").json()["code"] == "wrong_stage"
    assert api.post(f"/sessions/{session.id}/publish", {"stage": "teaser"}).json()["status"] == "teaser"
    assert api.post(f"/sessions/{session.id}/cancel").json()["status"] == "cancelled"
    assert api.post(f"/sessions/{session.id}/publish").json()["code"] == "wrong_stage"


def test_session_admission_counts_the_sessions_seats_together(caller: Callers) -> None:
    event = make_event(stage=None, admission=Admission.SESSION, capacity=0)
    first = make_session(event, capacity=3)
    make_session(event, capacity=4)
    api = caller("organizer")
    api.post(f"/events/{event.id}/publish")
    make_registration(event, session=first)
    shown = api.get(f"/events/{event.id}").json()
    assert (shown["capacity"], shown["seats_taken"], shown["seats_left"]) == (7, 1, 6)
    api.post(f"/sessions/{first.id}/cancel")
    assert api.get(f"/events/{event.id}").json()["capacity"] == 4


def test_the_admission_is_settled_with_publication(caller: Callers) -> None:
    event = make_event()
    response = caller("organizer").patch(f"/events/{event.id}", {"admission": "session"})
    assert response.json()["code"] == "wrong_stage"
    assert Session.objects.count() == 0
    assert event_fields()["capacity"] == 10
