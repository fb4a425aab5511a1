"""Versions: nobody overwrites what they have not seen, and nobody is sent what they have."""

import pytest

from catalog.models import Event
from tests.conftest import Api, Callers
from tests.factories import make_event, make_registration, make_session

PUT = {"name": "Put", "starts_at": "2047-01-01T09:00:00Z", "ends_at": "2047-01-01T17:00:00Z", "capacity": 7}


def test_a_contested_write_must_name_what_it_saw(caller: Callers) -> None:
    event = make_event(stage=None)
    session = make_session(event)
    api = caller("organizer")
    for path in (f"/events/{event.id}", f"/sessions/{session.id}"):
        body = {**PUT, "title": "Put"} if "sessions" in path else PUT
        body = {name: value for name, value in body.items() if name != ("name" if "sessions" in path else "title")}
        for response in (api.patch(path, {}, seen=None), api.delete(path, seen=None), api.put(path, body, seen=None)):
            assert (response.status_code, response.json()["code"]) == (428, "precondition_required")


def test_the_second_of_two_writers_is_told(caller: Callers) -> None:
    event = make_event()
    api = caller("organizer")
    path = f"/events/{event.id}"
    seen = api.get(path)["ETag"]
    first = api.patch(path, {"name": "First"}, seen=seen)
    assert first.status_code == 200
    response = api.patch(path, {"name": "Second"}, seen=seen)
    assert (response.status_code, response.json()["code"]) == (412, "precondition_failed")
    assert response.json()["version"] == first.json()["version"]
    assert Event.objects.get().name == "First"
    assert api.patch(path, {"name": "Second"}, seen=first["ETag"]).status_code == 200


def test_a_seat_taken_meanwhile_refuses_no_new_name(caller: Callers) -> None:
    event = make_event()
    api = caller("organizer")
    path = f"/events/{event.id}"
    seen = api.get(path)["ETag"]
    make_registration(event)
    assert api.get(path)["ETag"] != seen
    assert api.patch(path, {"name": "New"}, seen=seen).status_code == 200


@pytest.mark.parametrize(
    ("tag", "status"),
    [
        ("*", 200), ('"*"', 200), ('"2"', 200), ('"1", "2.abc"', 200), ('"1"', 412), ('W/"2"', 412), ('"x"', 412),
        ('""', 412), ("2", 400), ("", 400), ('"2', 400), ('"2" "3"', 400), ('"99999999999999999999"', 412),
    ],
)  # fmt: skip
def test_tags_are_read_strictly(caller: Callers, tag: str, status: int) -> None:
    event = make_event()
    assert event.version == 2
    assert caller("organizer").patch(f"/events/{event.id}", {"name": "New"}, seen=tag).status_code == status


def test_whoever_has_the_answer_gets_304(caller: Callers, anonymous: Api) -> None:
    event = make_event()
    session = make_session(event)
    organizer = caller("organizer")
    for api in (organizer, anonymous):
        for path in (
            f"/events/{event.id}",
            "/events",
            "/events/search?q=event",
            f"/events/{event.id}.ics",
            "/speakers",
        ):
            response = api.get(path)
            for tag in (response["ETag"], f'"other", {response["ETag"]}', "*"):
                again = api.get(path, headers={"if-none-match": tag})
                assert (again.status_code, again.content, again["ETag"]) == (304, b"", response["ETag"]), path
            assert api.get(path, headers={"if-none-match": '"other"'}).content == response.content
    organizer.patch(f"/sessions/{session.id}", {"title": "x"})
    assert organizer.get(f"/events/{event.id}")["ETag"] == anonymous.get(f"/events/{event.id}")["ETag"]


def test_a_put_sets_what_it_leaves_out_to_its_default_but_for_the_code(caller: Callers) -> None:
    event = make_event(stage=None, description="gone", place="gone", has_waitlist=True, access_code="kept")
    response = caller("organizer").put(f"/events/{event.id}", PUT)
    shown = response.json()
    assert (shown["name"], shown["description"], shown["place"], shown["has_waitlist"]) == ("Put", "", "", False)
    assert (shown["capacity"], Event.objects.get().access_code) == (7, "kept")
    assert caller("organizer").put(f"/events/{event.id}", {"name": "x"}).status_code == 422


def test_a_put_of_what_was_shown_changes_nothing_but_what_is_meant(caller: Callers) -> None:
    event = make_event()
    session = make_session(event, presenter="Somebody")
    api = caller("organizer")
    shown = api.get(f"/sessions/{session.id}").json()
    kept = {name: shown[name] for name in ("title", "starts_at", "ends_at", "capacity", "room_id", "resources")}
    changed = api.put(f"/sessions/{session.id}", {**kept, "presenter": "Another"}).json()
    differing = {name for name in shown if shown[name] != changed[name]}
    assert differing == {"presenter", "version", "updated_at"}
