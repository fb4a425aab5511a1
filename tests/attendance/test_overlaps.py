"""Nobody is in two sessions at once."""

from datetime import timedelta
from typing import Any

from attendance.models import Registration
from catalog.models import Event, Session
from catalog.rules import Admission
from catalog.services import publish_event, update_session
from kit.actor import SYSTEM
from tests.conftest import Api, Callers
from tests.factories import NOW, make_event, make_session

HOUR = timedelta(hours=1)


def plan(*starts: float) -> tuple[Event, list[Session]]:
    """Publish an event with a session of an hour at each start, in hours from its own."""
    event = make_event(admission=Admission.SESSION, stage=None)
    made = [
        make_session(event, starts_at=event.starts_at + at * HOUR, ends_at=event.starts_at + (at + 1) * HOUR)
        for at in starts
    ]
    return publish_event(event_id=event.id, by=SYSTEM, at=NOW), made


def register(api: Api, session: Session, **more: Any) -> Any:
    return api.post(f"/events/{session.event_id}/sessions/{session.id}/register", more)


def test_a_session_at_the_same_time_is_refused_with_a_next_step(caller: Callers) -> None:
    _, (first, second, third) = plan(0, 0.5, 1)
    api = caller("attendee")
    held = register(api, first).json()
    answer = register(api, second)
    told = answer.json()
    assert (answer.status_code, told["code"], told["registration_id"]) == (409, "overlaps", held["id"])
    assert "Cancel" in told["next_step"]
    # One that begins when the other ends is no overlap.
    assert register(api, third).status_code == 201
    api.post(f"/registrations/{held['id']}/cancel")
    assert register(api, second).status_code == 409
    assert register(api, first).status_code == 201


def test_somebody_elses_registration_is_not_told(caller: Callers, anonymous: Api) -> None:
    _, (first, second) = plan(0, 0.5)
    who = {"name": "Ana", "email": "ana@example.com"}
    assert register(caller("organizer"), first, attendee=who).status_code == 201
    answer = anonymous.post(f"/sessions/{second.id}/reserve", who)
    assert (answer.json()["code"], answer.json()["registration_id"]) == ("overlaps", None)


def test_a_place_on_the_waitlist_counts_too(caller: Callers) -> None:
    event, (first, second) = plan(0, 0.5)
    staff = caller("organizer")
    staff.patch(f"/events/{event.id}", {"has_waitlist": True})
    staff.patch(f"/sessions/{first.id}", {"capacity": 0})
    api = caller("attendee")
    assert register(api, first).json()["status"] == "waitlisted"
    assert register(api, second).json()["code"] == "overlaps"


def test_moving_a_session_moves_its_registrations(caller: Callers) -> None:
    _, (first, second) = plan(0, 3)
    api = caller("attendee")
    register(api, first)
    span = {"starts_at": second.starts_at, "ends_at": second.ends_at}
    update_session(session_id=first.id, changes=span, by=SYSTEM, at=NOW)
    assert register(api, second).json()["code"] == "overlaps"


def test_whoever_a_move_puts_in_two_places_keeps_both(caller: Callers) -> None:
    _, (first, second, third) = plan(0, 3, 3.5)
    api = caller("attendee")
    assert [register(api, one).status_code for one in (first, second)] == [201, 201]
    span = {"starts_at": second.starts_at, "ends_at": second.ends_at}
    update_session(session_id=first.id, changes=span, by=SYSTEM, at=NOW)
    assert Registration.objects.filter(status="confirmed").count() == 2
    assert register(api, third).json()["code"] == "overlaps"


def test_a_dry_run_tells_every_rule_and_takes_nothing(caller: Callers) -> None:
    event, (first, second) = plan(0, 0.5)
    staff, api = caller("organizer"), caller("attendee")
    register(api, first)
    staff.patch(f"/sessions/{second.id}", {"capacity": 0})
    answer = api.post(f"/events/{event.id}/sessions/{second.id}/register?dry_run=true", {})
    told = answer.json()
    assert (answer.status_code, told["would"], told["status"]) == (200, "refuse", None)
    assert [rule["code"] for rule in told["refused_by"]] == ["overlaps", "sold_out"]
    assert all(rule["next_step"] for rule in told["refused_by"])
    again = api.post(f"/events/{event.id}/sessions/{first.id}/register?dry_run=true", {}).json()
    assert (again["would"], again["status"]) == ("return", "confirmed")
    other = caller("attendee").post(f"/events/{event.id}/sessions/{first.id}/register?dry_run=true", {}).json()
    assert (other["would"], other["status"], other["refused_by"]) == ("confirm", "confirmed", [])
    assert Registration.objects.count() == 1
