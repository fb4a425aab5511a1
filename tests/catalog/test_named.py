"""Categories, venues, rooms and speakers, over HTTP."""

from typing import Any

import pytest

from catalog.models import Category, Room, Speaker, Venue
from tests.conftest import Api, Callers
from tests.factories import happened, make_event, make_named, make_session

NOUNS = [
    ("categories", "category", {"name": "Congreso"}),
    ("venues", "venue", {"name": "Ágora", "address": "Calle 1", "latitude": 4.6, "longitude": -74.1}),
    ("rooms", "room", {"name": "Salón A", "capacity": 80}),
    (
        "speakers",
        "speaker",
        {"name": "Ana Gil", "affiliation": "UNAL", "bio": "*Ana*", "image_url": "https://x.example/a"},
    ),
]


@pytest.mark.parametrize(("path", "noun", "body"), NOUNS)
def test_its_whole_life(caller: Callers, path: str, noun: str, body: dict[str, Any]) -> None:
    api = caller("organizer")
    response = api.post(f"/{path}", body)
    made = response.json()
    assert response.status_code == 201
    assert {name: made[name] for name in body} == body
    one = f"/{path}/{made['id']}"
    assert api.get(one).json() == made
    assert api.patch(one, {"name": "Other"}, seen=response["ETag"]).json()["version"] == 2
    assert api.patch(one, {"name": "Third"}, seen=response["ETag"]).status_code == 412
    replaced = api.put(one, {"name": "Replaced"}, seen=None).json()
    assert replaced["name"] == "Replaced"
    assert all(not replaced[name] for name in body if name != "name")
    assert api.delete(one).status_code == 204
    assert (api.get(one).status_code, api.delete(one).status_code) == (410, 410)
    assert api.get(f"/{path}").json()["items"] == []
    (tombstone,) = api.get(f"/{path}?updated_since=2026-01-01T00:00:00Z").json()["items"]
    assert set(tombstone) == {"id", "version", "updated_at", "deleted_at"}
    assert api.post(f"{one}/restore").json()["name"] == "Replaced"
    assert api.get(f"/{path}").json()["total"] == 1
    assert happened() == [f"{noun}.{verb}" for verb in ("created", "updated", "updated", "deleted", "restored")]


@pytest.mark.parametrize(("path", "noun", "body"), NOUNS)
def test_who_may_not_write_writes_nothing(
    caller: Callers, anonymous: Api, path: str, noun: str, body: dict[str, Any]
) -> None:
    for api, status in ((anonymous, 401), (caller("attendee"), 403), (caller("coordinator"), 403)):
        assert api.post(f"/{path}", body).status_code == status
    assert caller("organizer").get(f"/{path}").json()["total"] == 0


@pytest.mark.parametrize(("model", "path"), [(Category, "categories"), (Venue, "venues"), (Room, "rooms")])
def test_a_name_is_there_once(caller: Callers, model: type[Category], path: str) -> None:
    first, second = make_named(model, name="Same"), make_named(model, name="Other")
    api = caller("organizer")
    assert api.post(f"/{path}", {"name": "Same"}).json()["code"] == "name_taken"
    assert api.patch(f"/{path}/{second.id}", {"name": "Same"}).json()["code"] == "name_taken"
    assert api.delete(f"/{path}/{first.id}").status_code == 204
    assert api.patch(f"/{path}/{second.id}", {"name": "Same"}).status_code == 200
    assert api.post(f"/{path}/{first.id}/restore").json()["code"] == "name_taken"


def test_rooms_of_one_name_stand_in_two_venues(caller: Callers) -> None:
    api = caller("organizer")
    for venue in (make_named(Venue), make_named(Venue)):
        assert api.post("/rooms", {"name": "A", "venue_id": str(venue.id)}).json()["venue"] == venue.name
        assert api.get(f"/rooms?venue_id={venue.id}").json()["total"] == 1
        assert api.delete(f"/venues/{venue.id}").json()["code"] == "in_use"
    response = api.post("/rooms", {"name": "A", "venue_id": "00000000-0000-0000-0000-000000000007"})
    assert response.json()["errors"][0]["pointer"] == "#/venue_id"


def test_what_planned_things_need_is_not_deleted(caller: Callers) -> None:
    category, speaker = make_named(Category), make_named(Speaker)
    event = make_event(category_id=category.id)
    make_session(event, speaker_ids=[speaker.id])
    api = caller("organizer")
    for path in (f"/categories/{category.id}", f"/speakers/{speaker.id}"):
        assert api.delete(path).json()["code"] == "in_use"
    api.post(f"/events/{event.id}/cancel")
    for path in (f"/categories/{category.id}", f"/speakers/{speaker.id}"):
        assert api.delete(path).status_code == 204


def test_the_public_knows_the_speakers_of_published_sessions(caller: Callers, anonymous: Api) -> None:
    told, held_back = make_named(Speaker, name="Told"), make_named(Speaker, name="Held back")
    event = make_event(stage=None)
    make_session(event, speaker_ids=[told.id])
    api = caller("organizer")
    api.post(f"/events/{event.id}/publish")
    make_session(event, speaker_ids=[held_back.id])
    assert [one["name"] for one in anonymous.get("/speakers").json()["items"]] == ["Told"]
    assert [one["name"] for one in anonymous.get(f"/speakers?event_id={event.id}").json()["items"]] == ["Told"]
    assert anonymous.get(f"/speakers/{held_back.id}").status_code == 404
    assert api.get(f"/speakers?event_id={event.id}").json()["total"] == 2


@pytest.mark.parametrize(
    ("path", "change", "pointer"),
    [
        ("speakers", {"image_url": "javascript:alert(1)"}, "#/image_url"),
        ("venues", {"latitude": 91}, "#/latitude"),
        ("rooms", {"capacity": -1}, "#/capacity"),
        ("categories", {"name": " "}, "#/name"),
        ("categories", {"colour": "red"}, "#/colour"),
    ],
)
def test_a_bad_field_is_named(caller: Callers, path: str, change: dict[str, Any], pointer: str) -> None:
    response = caller("organizer").post(f"/{path}", {"name": "x", **change})
    assert (response.status_code, response.json()["errors"][0]["pointer"]) == (422, pointer)
