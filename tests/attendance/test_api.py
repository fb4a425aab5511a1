"""Registering and cancelling, over HTTP."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils.timezone import now

from attendance.models import Registration
from catalog.models import Event, SeatPool
from catalog.rules import Admission, Stage
from catalog.services import update_event
from journal.models import Entry
from kit.actor import SYSTEM
from tenants.models import Organization
from tests.conftest import Api, Callers, Members
from tests.factories import NOW, happened, make_event, make_registration, make_session


def seats(event: Event) -> tuple[int, int]:
    """Give the pool's count and the rows that hold a seat: they are one number, or something is lost."""
    held = Registration.objects.filter(pool_id=event.pool_id, status="confirmed").count()
    return SeatPool.objects.get(id=event.pool_id).seats_taken, held


def for_somebody(number: int = 1) -> dict[str, Any]:
    return {"attendee": {"name": f"Guest {number}", "email": f"Guest{number}@Example.com"}}


def test_an_attendee_takes_a_seat(acme: Organization, member: Members, caller: Callers) -> None:
    event = make_event()
    user = member(acme, "attendee")
    response = caller(user=user).post(f"/events/{event.id}/register", {"role_text": "Press"})
    shown = response.json()
    assert response.status_code == 201
    assert shown["attendee"] == {"name": user.name, "email": user.email}
    assert (shown["status"], shown["waitlist_position"], shown["role_text"]) == ("confirmed", None, "Press")
    assert len(shown["code"]) == 12
    assert seats(event) == (1, 1)
    entry = Entry.objects.get(type="registration.confirmed")
    assert (entry.subject_type, str(entry.subject_id), entry.actor_label) == ("registration", shown["id"], user.email)
    assert entry.payload == {
        "event_id": str(event.id), "session_id": None, "status": "confirmed",
        "attendee": {"name": user.name, "email": user.email},
    }  # fmt: skip
    assert entry.request_id == response["X-Request-Id"]


def test_registering_again_gives_the_first_registration(caller: Callers) -> None:
    event = make_event()
    api = caller("attendee")
    first = api.post(f"/events/{event.id}/register")
    again = api.post(f"/events/{event.id}/register", {"role_text": "Other"})
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json() == first.json()
    assert seats(event) == (1, 1)
    assert happened().count("registration.confirmed") == 1


def test_until_it_is_full_then_sold_out(caller: Callers) -> None:
    event = make_event(capacity=2)
    api = caller("organizer")
    statuses = [api.post(f"/events/{event.id}/register", for_somebody(n)).status_code for n in range(4)]
    assert statuses == [201, 201, 409, 409]
    response = api.post(f"/events/{event.id}/register", for_somebody(5))
    assert response.json()["code"] == "sold_out"
    assert seats(event) == (2, 2)
    assert api.post(f"/events/{event.id}/register", for_somebody(0)).status_code == 200


def test_who_finds_it_full_waits_in_order(caller: Callers) -> None:
    event = make_event(capacity=1, has_waitlist=True)
    api = caller("organizer")
    shown = [api.post(f"/events/{event.id}/register", for_somebody(n)).json() for n in range(3)]
    assert [one["status"] for one in shown] == ["confirmed", "waitlisted", "waitlisted"]
    assert [one["waitlist_position"] for one in shown] == [None, 1, 2]
    assert seats(event) == (1, 1)
    assert happened()[-3:] == ["registration.confirmed", "registration.waitlisted", "registration.waitlisted"]


def test_cancelling_gives_the_seat_to_the_head_of_the_queue(caller: Callers) -> None:
    event = make_event(capacity=1, has_waitlist=True)
    api = caller("organizer")
    first, second, third = (api.post(f"/events/{event.id}/register", for_somebody(n)).json() for n in range(3))
    for _ in range(2):
        response = api.post(f"/registrations/{first['id']}/cancel")
        assert (response.status_code, response.json()["status"]) == (200, "cancelled")
    assert api.get(f"/registrations/{second['id']}").json()["status"] == "confirmed"
    assert api.get(f"/registrations/{third['id']}").json()["waitlist_position"] == 1
    assert seats(event) == (1, 1)
    assert happened()[-2:] == ["registration.cancelled", "registration.promoted"]


def test_leaving_the_queue_moves_the_others_up_and_frees_no_seat(caller: Callers) -> None:
    event = make_event(capacity=1, has_waitlist=True)
    api = caller("organizer")
    _, second, third = (api.post(f"/events/{event.id}/register", for_somebody(n)).json() for n in range(3))
    api.post(f"/registrations/{second['id']}/cancel")
    assert api.get(f"/registrations/{third['id']}").json()["waitlist_position"] == 1
    assert seats(event) == (1, 1)


def test_raising_the_capacity_lets_the_queue_in(caller: Callers) -> None:
    event = make_event(capacity=1, has_waitlist=True)
    api = caller("organizer")
    shown = [api.post(f"/events/{event.id}/register", for_somebody(n)).json() for n in range(4)]
    api.patch(f"/events/{event.id}", {"capacity": 3})
    states = [api.get(f"/registrations/{one['id']}").json()["status"] for one in shown]
    assert states == ["confirmed", "confirmed", "confirmed", "waitlisted"]
    assert seats(event) == (3, 3)


def test_whoever_cancelled_may_come_back_to_the_end_of_the_queue(caller: Callers) -> None:
    event = make_event(capacity=1, has_waitlist=True)
    api = caller("organizer")
    first, _ = (api.post(f"/events/{event.id}/register", for_somebody(n)).json() for n in range(2))
    api.post(f"/registrations/{first['id']}/cancel")
    again = api.post(f"/events/{event.id}/register", for_somebody(0))
    assert (again.status_code, again.json()["waitlist_position"]) == (201, 1)
    assert again.json()["id"] != first["id"]


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"stage": Stage.TEASER}, "registration_closed"),
        ({"stage": Stage.PRESALE, "access_code": "friends"}, "bad_access_code"),
        ({"admission": Admission.SESSION}, "registration_closed"),
    ],
)
def test_a_closed_event_says_why(caller: Callers, fields: dict[str, Any], code: str) -> None:
    event = make_event(**fields)
    response = caller("attendee").post(f"/events/{event.id}/register")
    assert response.json()["code"] == code
    assert seats(event) == (0, 0)


def test_the_presale_opens_with_its_code(caller: Callers) -> None:
    event = make_event(stage=Stage.PRESALE, access_code="friends")
    api = caller("attendee")
    wrong = api.post(f"/events/{event.id}/register", {"access_code": "Friends"})
    assert (wrong.status_code, wrong.json()["code"]) == (403, "bad_access_code")
    assert api.post(f"/events/{event.id}/register", {"access_code": "friends"}).status_code == 201


def test_what_is_over_takes_nobody(caller: Callers) -> None:
    event = make_event()
    moment = now()
    update_event(
        event_id=event.id,
        changes={"starts_at": moment - timedelta(hours=2), "ends_at": moment - timedelta(hours=1)},
        by=SYSTEM,
        at=NOW,
    )
    assert caller("attendee").post(f"/events/{event.id}/register").json()["code"] == "already_over"


@pytest.mark.parametrize("verb", ["suspend", "cancel"])
def test_what_is_stopped_takes_nobody(caller: Callers, verb: str) -> None:
    event = make_event()
    caller("organizer").post(f"/events/{event.id}/{verb}")
    assert caller("attendee").post(f"/events/{event.id}/register").json()["code"] == "registration_closed"
    assert seats(event) == (0, 0)


def test_what_is_hidden_is_not_there(caller: Callers, anonymous: Api) -> None:
    event = make_event(stage=None)
    api = caller("attendee")
    for path in (f"/events/{event.id}", f"/events/{uuid4()}", f"/events/{event.id}/sessions/{uuid4()}"):
        assert api.post(f"{path}/register").status_code == 404
    assert anonymous.post(f"/events/{event.id}/register").status_code == 401


def test_sessions_take_registrations_of_their_own(caller: Callers) -> None:
    event = make_event(stage=None, admission=Admission.SESSION)
    session, other = make_session(event, capacity=1), make_event()
    caller("organizer").post(f"/events/{event.id}/publish")
    api = caller("attendee")
    assert api.post(f"/events/{other.id}/sessions/{session.id}/register").status_code == 404
    shown = api.post(f"/events/{event.id}/sessions/{session.id}/register")
    assert (shown.status_code, shown.json()["session_id"]) == (201, str(session.id))
    refused = caller("attendee").post(f"/events/{event.id}/sessions/{session.id}/register")
    assert refused.json()["code"] == "sold_out"


def test_attendees_register_nobody_else(caller: Callers) -> None:
    event = make_event()
    response = caller("attendee").post(f"/events/{event.id}/register", for_somebody())
    assert (response.status_code, response.json()["code"]) == (403, "forbidden")
    assert seats(event) == (0, 0)


def test_an_account_does_not_open_the_registration_of_whoever_owns_its_email(
    acme: Organization, member: Members, caller: Callers
) -> None:
    """E-mails of accounts are not verified: claiming one must not show somebody else's ticket code."""
    event = make_event()
    registered = make_registration(event, email="bob@example.com")
    api = caller(user=member(acme, "attendee", email="bob@example.com"))
    response = api.post(f"/events/{event.id}/register")
    assert (response.status_code, response.json()["code"]) == (409, "already_registered")
    assert registered.code not in response.content.decode()
    assert api.get("/registrations").json()["items"] == []


def test_people_see_and_cancel_their_own_alone(caller: Callers) -> None:
    event = make_event()
    ana, bob = caller("attendee"), caller("attendee")
    mine = ana.post(f"/events/{event.id}/register").json()
    assert [one["id"] for one in ana.get("/registrations").json()["items"]] == [mine["id"]]
    assert bob.get("/registrations").json()["items"] == []
    assert bob.get(f"/registrations/{mine['id']}").status_code == 404
    assert bob.post(f"/registrations/{mine['id']}/cancel").status_code == 404
    assert seats(event) == (1, 1)
    assert ana.post(f"/registrations/{mine['id']}/cancel").json()["status"] == "cancelled"
    assert seats(event) == (0, 0)


def test_a_coordinator_looks_after_the_events_assigned(acme: Organization, member: Members, caller: Callers) -> None:
    mine, other = make_event(), make_event()
    user = member(acme, "coordinator")
    mine.coordinators.add(user)
    seen, hidden = make_registration(mine), make_registration(other)
    api = caller(user=user)
    assert [one["id"] for one in api.get("/registrations").json()["items"]] == [str(seen.id)]
    assert api.get(f"/registrations/{hidden.id}").status_code == 404
    assert api.post(f"/registrations/{hidden.id}/cancel").status_code == 404
    assert api.post(f"/events/{mine.id}/register", for_somebody()).status_code == 201
    assert api.post(f"/events/{other.id}/register", for_somebody()).status_code == 403


def test_registrations_are_paged_by_cursor_and_shift_nothing(caller: Callers) -> None:
    event = make_event()
    made = [str(make_registration(event).id) for _ in range(5)]
    api = caller("organizer")
    first = api.get(f"/registrations?event_id={event.id}&limit=2").json()
    make_registration(event)
    second = api.get(f"/registrations?event_id={event.id}&limit=2&after={first['next']}").json()
    third = api.get(f"/registrations?event_id={event.id}&limit=2&after={second['next']}").json()
    seen = [one["id"] for page in (first, second, third) for one in page["items"]]
    assert seen == made[::-1]
    assert (third["has_more"], third["next"]) == (False, None)


@pytest.mark.parametrize("cursor", ["x", "%F0%9F%98%80", "AAAA", "a" * 500])
def test_a_cursor_that_is_not_ours_is_refused(caller: Callers, cursor: str) -> None:
    response = caller("organizer").get(f"/registrations?after={cursor}")
    assert (response.status_code, response.json()["errors"][0]["code"]) == (400, "bad_cursor")


@pytest.mark.parametrize("rows", [1, 3])
def test_the_list_costs_the_same_however_long(caller: Callers, rows: int) -> None:
    event = make_event(capacity=1, has_waitlist=True)
    for _ in range(rows + 1):
        make_registration(event)
    api = caller("organizer")
    api.get("/registrations")
    with CaptureQueriesContext(connection) as queries:
        assert len(api.get("/registrations").json()["items"]) == rows + 1
    assert len(queries) == 1


def test_a_seat_costs_one_statement(caller: Callers) -> None:
    """Savepoints are the test's own transaction; outside of one the statement travels alone."""
    event = make_event()
    api = caller("attendee")
    api.get("/users/me")
    with CaptureQueriesContext(connection) as queries:
        assert api.post(f"/events/{event.id}/register").status_code == 201
    statements = [query["sql"] for query in queries if "SAVEPOINT" not in query["sql"]]
    assert len(statements) == 1, statements
