"""The door, over HTTP."""

from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils.timezone import now

from attendance.models import CheckIn, Registration
from attendance.services.tickets import token_of
from catalog.services import cancel_event
from journal.models import Entry
from kit.actor import SYSTEM
from tenants.models import Organization
from tests.conftest import Api, Callers, Members
from tests.factories import happened, make_event, make_registration, make_session, soon

type Scan = Callable[..., dict[str, Any]]


def shown_by(kind: str, registration: Registration) -> dict[str, str]:
    """Show a ticket by its token, which the statement that admits meets first, or by its code, which the judge does."""
    if kind == "code":
        return {"code": registration.code}
    return {"token": token_of(vars(registration))}


@pytest.fixture(params=["token", "code"])
def scan(request: pytest.FixtureRequest) -> Scan:
    """Scan a ticket at a door."""

    def run(api: Api, registration: Registration, event_id: UUID | None = None, **more: Any) -> dict[str, Any]:
        shown = shown_by(request.param, registration)
        answer = api.post("/tickets/validate", {**shown, "event_id": str(event_id or registration.event_id), **more})
        assert answer.status_code == 200, answer.content
        told: dict[str, Any] = answer.json()
        return told

    return run


def test_a_ticket_is_admitted_once(scan: Scan, caller: Callers) -> None:
    door, registration = caller("scanner"), make_registration(soon(), name="Ana Gil")
    first = scan(door, registration, gate="north", device="d1")
    assert (first["verdict"], first["attendee_name"], first["is_repeated"]) == ("admitted", "Ana Gil", False)
    second = scan(door, registration, gate="south", device="d2")
    assert (second["verdict"], second["first_gate"]) == ("already_used", "north")
    assert second["first_scanned_at"] == first["scanned_at"]
    assert list(CheckIn.objects.order_by("id").values_list("verdict", "gate")) == [
        ("admitted", "north"), ("already_used", "south"),
    ]  # fmt: skip
    assert happened().count("ticket.checked_in") == 1
    assert Entry.objects.get(type="ticket.checked_in").payload["gate"] == "north"


def test_a_retry_with_the_same_nonce_is_answered_as_before(scan: Scan, caller: Callers) -> None:
    door, registration, nonce = caller("scanner"), make_registration(soon()), str(uuid4())
    answers = [scan(door, registration, nonce=nonce) for _ in range(3)]
    assert [(one["verdict"], one["is_repeated"]) for one in answers] == [
        ("admitted", False), ("admitted", True), ("admitted", True),
    ]  # fmt: skip
    assert len({one["scanned_at"] for one in answers}) == 1
    assert CheckIn.objects.count() == 1
    other = make_registration(soon())
    body = {"code": other.code, "event_id": str(other.event_id), "nonce": nonce}
    answer = door.post("/tickets/validate", body)
    assert (answer.status_code, answer.json()["code"]) == (409, "nonce_reused")
    assert scan(door, other)["verdict"] == "admitted"


def test_a_refusal_is_repeated_too(scan: Scan, caller: Callers) -> None:
    door, registration, nonce = caller("scanner"), make_registration(soon()), str(uuid4())
    scan(door, registration)
    assert scan(door, registration, nonce=nonce)["verdict"] == "already_used"
    caller("organizer").post(f"/tickets/{registration.id}/undo-check-in")
    assert scan(door, registration, nonce=nonce)["verdict"] == "already_used"
    assert scan(door, registration)["verdict"] == "admitted"


def test_what_else_a_door_may_say(scan: Scan, caller: Callers) -> None:
    door, staff = caller("scanner"), caller("organizer")
    event = soon(capacity=1, has_waitlist=True)
    seated, waits = make_registration(event), make_registration(event)
    assert scan(door, seated, make_event().id)["verdict"] == "wrong_event"
    assert scan(door, waits)["verdict"] == "unknown"
    staff.post(f"/registrations/{seated.id}/cancel")
    assert scan(door, seated)["verdict"] == "revoked"
    assert scan(door, waits)["verdict"] == "admitted"
    assert scan(door, make_registration(make_event()))["verdict"] == "too_early"
    off = soon()
    registration = make_registration(off)
    cancel_event(event_id=off.id, by=SYSTEM, at=now())
    assert scan(door, registration)["verdict"] == "revoked"
    gone = make_registration(soon())
    staff.post(f"/registrations/{gone.id}/cancel")
    Registration.objects.filter(id=gone.id).update(deleted_at=now())
    assert scan(door, gone)["verdict"] == "unknown"
    for shown in ({"code": "0" * 12}, {"token": "A" * 146}, {"token": "rubbish"}):
        told = door.post("/tickets/validate", {**shown, "event_id": str(event.id)}).json()
        assert (told["verdict"], told["ticket_id"], told["attendee_name"]) == ("unknown", None, None)


def test_a_door_of_one_session_admits_to_that_one(scan: Scan, caller: Callers) -> None:
    event = soon(admission="session", stage=None)
    sessions = [make_session(event, starts_at=event.starts_at), make_session(event, starts_at=event.starts_at)]
    caller("organizer").post(f"/events/{event.id}/publish")
    registration = make_registration(event, session=sessions[0])
    door = caller("scanner")
    assert scan(door, registration, session_id=str(sessions[1].id))["verdict"] == "wrong_event"
    told = scan(door, registration, session_id=str(sessions[0].id))
    assert (told["verdict"], told["title"]) == ("admitted", sessions[0].title)


def test_a_scanner_sees_the_name_and_the_verdict_and_nothing_else(caller: Callers) -> None:
    event = soon()
    registration = make_registration(event, name="Ana Gil", email="ana.secret@example.com", role_text="Secret role")
    door = caller("scanner")
    answer = door.post("/tickets/validate", {"code": registration.code, "event_id": str(event.id)})
    assert set(answer.json()) == {
        "verdict", "reason", "ticket_id", "attendee_name", "title", "scanned_at", "first_scanned_at", "first_gate",
        "is_repeated",
    }  # fmt: skip
    assert "ecret" not in answer.content.decode()
    wrong = door.post("/tickets/validate", {"code": registration.code, "event_id": str(soon().id)})
    assert "Ana" not in wrong.content.decode()
    assert door.get("/registrations").json()["items"] == []
    assert door.get(f"/registrations/{registration.id}").status_code == 404
    assert door.get(f"/events/{event.id}/check-ins").status_code == 403
    assert door.get("/registrations.csv").status_code == 403
    bundle = door.get(f"/events/{event.id}/offline-bundle").content.decode()
    assert "Ana" not in bundle
    assert "ecret" not in bundle


@pytest.mark.parametrize(
    "body",
    [
        {}, {"code": "x"}, {"event_id": str(uuid4())}, {"event_id": str(uuid4()), "code": "a", "token": "b"},
        {"event_id": str(uuid4()), "code": "a", "nonce": "short"},
        {"event_id": str(uuid4()), "code": "a", "gate": "x" * 101}, {"event_id": "x", "code": "a"},
    ],
)  # fmt: skip
def test_bad_input_is_told(caller: Callers, body: dict[str, Any]) -> None:
    assert caller("scanner").post("/tickets/validate", body).status_code == 422


def test_who_may_scan_and_undo(acme: Organization, caller: Callers, member: Members) -> None:
    event = soon()
    registration = make_registration(event)
    body = {"code": registration.code, "event_id": str(event.id)}
    for role in ("attendee", "coordinator"):
        assert caller(role).post("/tickets/validate", body).status_code == 403
    assert not CheckIn.objects.exists()
    user = member(acme, "coordinator")
    event.coordinators.add(user)
    mine = caller(user=user)
    assert mine.post("/tickets/validate", body).json()["verdict"] == "admitted"
    for role in ("scanner", "attendee", "coordinator"):
        assert caller(role).post(f"/tickets/{registration.id}/undo-check-in").status_code == 403
    assert mine.post(f"/tickets/{registration.id}/undo-check-in").json() == {"undone": 1}
    assert mine.post(f"/tickets/{registration.id}/undo-check-in").json() == {"undone": 0}
    assert happened().count("ticket.check_in_undone") == 1
    assert mine.post("/tickets/validate", body).json()["verdict"] == "admitted"


def test_whoever_came_cannot_give_the_seat_back_but_staff_can(scan: Scan, caller: Callers) -> None:
    event = soon()
    api = caller("attendee")
    mine = Registration.objects.get(id=api.post(f"/events/{event.id}/register").json()["id"])
    scan(caller("scanner"), mine)
    answer = api.post(f"/registrations/{mine.id}/cancel")
    assert (answer.status_code, answer.json()["code"]) == (409, "already_admitted")
    assert caller("organizer").post(f"/registrations/{mine.id}/cancel").json()["status"] == "cancelled"


def test_counters_tell_by_gate(scan: Scan, caller: Callers) -> None:
    event = soon()
    door, staff = caller("scanner"), caller("organizer")
    people = [make_registration(event) for _ in range(4)]
    for number, one in enumerate(people[:3]):
        scan(door, one, gate="north" if number else "south")
    scan(door, people[0], gate="north")
    told = staff.get(f"/events/{event.id}/check-ins").json()
    assert (told["confirmed"], told["checked_in"], told["expected"]) == (4, 3, 1)
    assert [(one["gate"], one["admitted"], one["refused"]) for one in told["by_gate"]] == [
        ("north", 2, 1), ("south", 1, 0),
    ]  # fmt: skip


@pytest.mark.parametrize(("kind", "queries_of_a_scan"), [("token", 1), ("code", 2)])
def test_what_a_scan_costs(caller: Callers, kind: str, queries_of_a_scan: int) -> None:
    """One query for a good token, two for a code; who scans and for whom is known from the scan before."""
    door, warm, registration = caller("scanner"), make_registration(soon()), make_registration(soon())
    for one in (warm, registration):
        with CaptureQueriesContext(connection) as queries:
            body = {**shown_by(kind, one), "event_id": str(one.event_id)}
            assert door.post("/tickets/validate", body).json()["verdict"] == "admitted"
    assert len([query for query in queries if "SAVEPOINT" not in query["sql"]]) == queries_of_a_scan
