"""Tables and calendars: what spreadsheets and calendar programs exchange with the catalogue."""

import csv
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from icalendar import Calendar

from catalog.models import Category, Event, Room, Session, Speaker, Venue
from catalog.rules import Stage
from tests.conftest import Api, Callers
from tests.factories import SOON, make_event, make_named, make_session

START, END = SOON.isoformat(), (SOON + timedelta(hours=8)).isoformat()
HEAD = "name,starts_at,ends_at,capacity"


def upload(api: Api, kind: str, text: str | bytes, query: str = "", content_type: str = "text/csv") -> Any:
    body = text.encode() if isinstance(text, str) else text
    return api.post(f"/{kind}.csv{query}", body, content_type=content_type)


def table(api: Api, kind: str) -> list[dict[str, str]]:
    response = api.get(f"/{kind}.csv")
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    return list(csv.DictReader(StringIO(b"".join(response.streaming_content).decode())))


def test_a_table_of_events_is_taken_in_with_names_for_ids(caller: Callers) -> None:
    category = make_named(Category, name="Congreso Técnico")
    text = (
        "\ufeffname,starts_at,ends_at,capacity,category,description,has_waitlist,latitude\r\n"
        f'"Uno, dos",{START},{END},10,congreso tecnico,"línea 1\nlínea 2",true,4.5\r\n'
        "\r\n"
        f"Tres,{START},{END},20,{category.id},,,\r\n"
    )
    response = upload(caller("organizer"), "events", text)
    assert response.status_code == 200, response.content
    assert [result["line"] for result in response.json()["results"]] == [3, 5]
    first, second = Event.objects.order_by("name")[::-1]
    assert (first.name, first.description, first.has_waitlist, first.latitude) == (
        "Uno, dos", "línea 1\nlínea 2", True, 4.5,
    )  # fmt: skip
    assert first.category == second.category == category


def test_semicolons_will_do(caller: Callers) -> None:
    text = f"{HEAD}\nUno,{START},{END},10\n".replace(",", ";")
    assert upload(caller("organizer"), "events", text).status_code == 200


def test_a_cell_of_blanks_is_empty(caller: Callers) -> None:
    """People clear cells with the space bar; a name that is looked up must not break on it."""
    api, event = caller("organizer"), make_event()
    events = f"{HEAD},category,image_url\nUno,{START},{END},10, ,  \n"
    sessions = f"event_id,title,starts_at,ends_at,capacity,room,speakers\n{event.id},Una,{START},{END},5, , \n"
    assert [upload(api, *table).status_code for table in (("events", events), ("sessions", sessions))] == [200, 200]
    assert Event.objects.get(name="Uno").category is None
    assert Session.objects.get(title="Una").room is None
    refused = upload(api, "events", f"{HEAD}\n ,{START},{END},10\n").json()["results"][0]
    assert refused["error"]["errors"][0]["pointer"] == "#/lines/2/name"


@pytest.mark.parametrize(
    ("row", "pointer", "code"),
    [
        (f"Dos,{START},{END},many", "#/lines/3/capacity", "int_parsing"),
        (f",{START},{END},1", "#/lines/3/name", "missing"),
        (f"Dos,{END},{START},1", "#/lines/3/ends_at", "ends_before_start"),
        (f"Dos,{START},{END},1,Nope", "#/lines/3/category", "not_found"),
        (f"Dos,mañana,{END},1", "#/lines/3/starts_at", "datetime_from_date_parsing"),
    ],
)
@pytest.mark.parametrize("mode", ["atomic", "partial"])
def test_a_fault_names_its_line(caller: Callers, row: str, pointer: str, code: str, mode: str) -> None:
    text = f"{HEAD},category\nUno,{START},{END},1,\n{row}\n"
    response = upload(caller("organizer"), "events", text, f"?mode={mode}")
    assert response.status_code == (422 if mode == "atomic" else 207)
    error = response.json()["results"][1]["error"]["errors"][0]
    assert (error["pointer"], error["code"]) == (pointer, code)
    assert Event.objects.count() == (0 if mode == "atomic" else 1)


@pytest.mark.parametrize(
    ("text", "status", "code"),
    [
        ("\n", 422, "invalid"),
        (HEAD, 422, "invalid"),
        (f"{HEAD},colour\nx,{START},{END},1,red", 422, "invalid"),
        (f"{HEAD}\n" + f"x,{START},{END},1\n" * 1_001, 422, "invalid"),
        (f'{HEAD}\n"open,{START}', 400, "malformed"),
        (f"{HEAD}\nx,{START},{END},1,2,3", 400, "malformed"),
        (f"{HEAD}\nEnerg\xeda,{START},{END},1".encode("latin-1"), 400, "malformed"),
        (f"{HEAD}\nx\x00,{START},{END},1", 400, "malformed"),
    ],
)
def test_what_is_no_table_is_refused_whole(caller: Callers, text: str | bytes, status: int, code: str) -> None:
    response = upload(caller("organizer"), "events", text)
    assert (response.status_code, response.json()["code"]) == (status, code)
    assert Event.objects.count() == 0


def test_a_table_must_be_declared_as_one(caller: Callers) -> None:
    response = upload(caller("organizer"), "events", f"{HEAD}\n", content_type="application/json")
    assert response.json()["code"] == "unsupported_media_type"


def test_what_was_exported_can_be_taken_in_again(caller: Callers) -> None:
    event = make_event(name="=SUM(1)", description="- a\n- b", category_id=make_named(Category).id, latitude=-4.5)
    room = make_named(Room, name="Salón", venue_id=make_named(Venue, name="Ágora").id)
    speakers = [make_named(Speaker, name=name).id for name in ("Ana Gil", "Luz Paz")]
    make_session(event, title="Redes", room_id=room.id, speaker_ids=speakers)
    api = caller("organizer")
    (row,) = table(api, "events")
    assert (row["name"], row["latitude"], row["status"]) == ("'=SUM(1)", "-4.5", "on_sale")
    exported = b"".join(api.get("/events.csv").streaming_content)
    assert upload(api, "events", exported).status_code == 200
    copy = Event.objects.exclude(id=event.id).get()
    for field in ("name", "description", "category_id", "latitude", "starts_at", "ends_at", "admission"):
        assert getattr(copy, field) == getattr(event, field), field
    (row,) = table(api, "sessions")
    assert (row["room"], row["speakers"]) == ("Ágora, Salón", "Ana Gil;Luz Paz")
    clash = upload(api, "sessions", b"".join(api.get("/sessions.csv").streaming_content))
    assert clash.json()["results"][0]["error"]["code"] == "schedule_clash"
    api.post(f"/events/{event.id}/cancel")
    text = b"".join(api.get("/sessions.csv").streaming_content).decode().replace(str(event.id), str(copy.id))
    assert upload(api, "sessions", text).status_code == 200
    again = Session.objects.get(event=copy)
    assert (again.title, again.room_id, again.speakers.count()) == ("Redes", room.id, 2)


def test_two_of_one_name_must_be_told_apart(caller: Callers) -> None:
    event = make_event()
    first, _ = make_named(Speaker, name="Ana Gil"), make_named(Speaker, name="Ana Gil")
    head = "event_id,title,starts_at,ends_at,capacity,speakers"
    api = caller("organizer")
    response = upload(api, "sessions", f"{head}\n{event.id},x,{START},{END},1,Ana Gil\n")
    assert "2 speakers are called" in response.json()["results"][0]["error"]["errors"][0]["detail"]
    assert upload(api, "sessions", f"{head}\n{event.id},x,{START},{END},1,{first.id}\n").status_code == 200


def test_an_export_holds_all_there_is(caller: Callers) -> None:
    for _ in range(3):
        make_event()
    make_event(stage=None)
    assert len(table(caller("coordinator"), "events")) == 4


def test_who_may_not_exports_and_imports_nothing(caller: Callers, anonymous: Api) -> None:
    assert (anonymous.get("/events.csv").status_code, caller("attendee").get("/sessions.csv").status_code) == (401, 403)
    assert upload(caller("coordinator"), "events", f"{HEAD}\nx,{START},{END},1").status_code == 403


def entries(api: Api, path: str) -> list[Any]:
    response = api.get(path)
    assert response["Content-Type"] == "text/calendar; charset=utf-8"
    return list(Calendar.from_ical(response.content).walk("VEVENT"))


def test_an_event_is_a_calendar_with_its_sessions(anonymous: Api) -> None:
    event = make_event(
        name="Foro; de, Energía", description="Línea\nlarga " * 20, place="Bogotá", latitude=4.5, longitude=-74
    )
    make_session(event, title="Redes", stage=Stage.ON_SALE)
    make_session(event, title="Draft")
    whole, part = entries(anonymous, f"/events/{event.id}.ics")
    assert (str(whole["summary"]), str(part["summary"])) == ("Foro; de, Energía", "Foro; de, Energía: Redes")
    assert (whole["dtstart"].dt, whole["dtend"].dt) == (event.starts_at, event.ends_at)
    assert (whole["status"], int(whole["sequence"]), str(whole["uid"])) == (
        "CONFIRMED", event.version, f"{event.id}@aforo",
    )  # fmt: skip
    assert str(whole["description"]) == event.description


def test_the_feed_is_the_public_schedule(anonymous: Api, caller: Callers) -> None:
    event = make_event(name="Open")
    make_event(name="Draft", stage=None)
    for api in (anonymous, caller("organizer")):
        assert [str(entry["summary"]) for entry in entries(api, "/events.ics")] == ["Open"]
    caller("organizer").post(f"/events/{event.id}/cancel")
    assert [str(entry["status"]) for entry in entries(anonymous, "/events.ics")] == ["CANCELLED"]


def test_a_hidden_event_has_no_calendar(anonymous: Api) -> None:
    assert anonymous.get(f"/events/{make_event(stage=None).id}.ics").status_code == 404
