"""What the catalogue answers is what its schemas say: they are rendered apart, for speed, and held together here."""

from datetime import timedelta
from typing import Any

import pytest
from pydantic import BaseModel

from catalog.models import Category, Room, Speaker, Venue
from catalog.schemas import events, named
from kit import many
from tests.conftest import Callers
from tests.factories import make_event, make_named, make_session


def conforms(body: Any, schema: type[BaseModel]) -> None:
    """Read the body with its schema and write it again: nothing may be missing, and nothing more be there."""
    assert schema.model_validate(body).model_dump(mode="json", exclude_unset=True) == body


@pytest.fixture
def ids(acme: Any) -> dict[str, Any]:
    venue = make_named(Venue, latitude=4.5, longitude=-74.5)
    room, speaker = make_named(Room, venue_id=venue.id, capacity=5), make_named(Speaker)
    category = make_named(Category)
    event = make_event(category_id=category.id, latitude=4.25, longitude=-74.25, description="*x*")
    session = make_session(event, room_id=room.id, speaker_ids=[speaker.id])
    make_session(event, starts_at=event.starts_at + timedelta(hours=2), ends_at=event.ends_at)
    return {
        "event": event.id, "session": session.id, "venue": venue.id, "room": room.id, "speaker": speaker.id,
        "category": category.id,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("path", "schema"),
    [
        ("/events", events.EventListOut),
        ("/events?limit=1", events.EventListOut),
        ("/events?expand=sessions,speakers", events.EventListOut),
        ("/events?search=event", events.EventListOut),
        ("/events/search?q=event", events.EventHintsOut),
        ("/events/{event}", events.EventDetailOut),
        ("/events/{event}?expand=sessions,speakers", events.EventDetailOut),
        ("/events/{event}/sessions", events.SessionListOut),
        ("/sessions?limit=1", events.SessionListOut),
        ("/sessions/{session}", events.SessionOut),
        ("/categories", named.NamedListOut[named.CategoryOut]),
        ("/venues?limit=5", named.NamedListOut[named.VenueOut]),
        ("/rooms", named.NamedListOut[named.RoomOut]),
        ("/speakers", named.NamedListOut[named.SpeakerOut]),
        ("/venues/{venue}", named.VenueOut),
        ("/rooms/{room}", named.RoomOut),
        ("/speakers/{speaker}", named.SpeakerOut),
        ("/categories/{category}", named.CategoryOut),
    ],
)
def test_an_answer_is_what_its_schema_says(
    caller: Callers, ids: dict[str, Any], path: str, schema: type[BaseModel]
) -> None:
    response = caller("organizer").get(path.format(**ids))
    assert response.status_code == 200
    conforms(response.json(), schema)


def test_tombstones_are_what_their_schemas_say(caller: Callers) -> None:
    event = make_event(stage=None)
    session = make_session(event)
    api = caller("organizer")
    api.delete(f"/sessions/{session.id}")
    api.delete(f"/events/{event.id}")
    for path, schema in (("/events", events.EventListOut), ("/sessions", events.SessionListOut)):
        body = api.get(f"{path}?updated_since=2026-01-01T00:00:00Z").json()
        assert "deleted_at" in body["items"][0]
        conforms(body, schema)


def test_results_are_what_their_schema_says(caller: Callers) -> None:
    event = make_event()
    good = {"event_id": str(event.id), "title": "x", "capacity": 1, "client_ref": "a"}
    span = {"starts_at": event.starts_at.isoformat(), "ends_at": event.ends_at.isoformat()}
    answer = caller("organizer").post("/sessions/bulk", {"items": [{**good, **span}, good, 7], "mode": "partial"})
    assert answer.status_code == 207
    conforms(answer.json(), many.BulkOut)
