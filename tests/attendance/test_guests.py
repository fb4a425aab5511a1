"""Guests: a seat with a name and an e-mail, and no account."""

from typing import Any

import pytest

from attendance.models import Registration
from attendance.tasks import send_codes
from catalog.models import Event
from catalog.rules import Admission
from catalog.services import publish_event
from journal.models import Entry
from kit.actor import SYSTEM
from tenants.models import Organization
from tests.conftest import Api, Callers
from tests.factories import NOW, make_event, make_registration, make_session

ANA = {"name": "Ana Gil", "email": "Ana@Example.com"}


def reserve(api: Api, event: Event, **more: Any) -> Any:
    return api.post(f"/events/{event.id}/reserve", {**ANA, **more})


def test_a_guest_takes_a_seat_and_gets_a_code(anonymous: Api) -> None:
    event = make_event()
    answer = reserve(anonymous, event, role_text="Press")
    shown = answer.json()
    assert answer.status_code == 201
    assert (shown["status"], shown["source"], shown["role_text"]) == ("confirmed", "guest", "Press")
    assert shown["attendee"] == {"name": "Ana Gil", "email": "ana@example.com"}
    assert len(shown["code"]) == 12
    assert Entry.objects.get(type="registration.confirmed").actor_kind == "anonymous"


def test_a_guest_takes_a_seat_at_a_session_once_it_is_open(anonymous: Api) -> None:
    event = make_event(admission=Admission.SESSION, stage=None)
    session = make_session(event)
    answer = anonymous.post(f"/sessions/{session.id}/reserve", ANA)
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    publish_event(event_id=event.id, by=SYSTEM, at=NOW)
    answer = anonymous.post(f"/sessions/{session.id}/reserve", ANA)
    assert (answer.status_code, answer.json()["session_id"]) == (201, str(session.id))


def test_reserving_again_takes_no_second_seat_and_tells_no_code(anonymous: Api) -> None:
    event = make_event(capacity=2)
    first = reserve(anonymous, event, role_text="Speaker").json()
    again = reserve(anonymous, event, name="Somebody else")
    assert (again.status_code, again.json()["id"], again.json()["code"]) == (200, first["id"], None)
    assert again.json()["attendee"]["name"] == "Somebody else"
    assert again.json()["role_text"] == ""
    assert Registration.objects.count() == 1


def test_the_code_and_the_email_together_cancel(anonymous: Api) -> None:
    event = make_event()
    code = reserve(anonymous, event).json()["code"]
    for wrong in ({"email": "other@example.com", "code": code}, {"email": ANA["email"], "code": "0" * 12}):
        answer = anonymous.post("/registrations/cancel", wrong)
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    for _ in range(2):
        answer = anonymous.post("/registrations/cancel", {"email": ANA["email"], "code": code.lower()})
        assert (answer.status_code, answer.json()["status"]) == (200, "cancelled")
    assert list(Registration.objects.values_list("status", flat=True)) == ["cancelled"]


def test_asking_for_codes_tells_nothing_and_a_worker_does_the_rest(
    anonymous: Api, sent: list[tuple[str, dict[str, Any]]]
) -> None:
    event = make_event()
    reserve(anonymous, event)
    make_registration(event)
    sent.clear()
    answers = [anonymous.post("/registrations/codes", {"email": one}) for one in (ANA["email"], "no@example.com")]
    assert [(one.status_code, one.content) for one in answers] == [(202, b"")] * 2
    jobs = [kwargs for name, kwargs in sent if name == "attendance.send_codes"]
    assert [job["email"] for job in jobs] == ["ana@example.com", "no@example.com"]
    for job in jobs:
        send_codes(**job)
    asked = Entry.objects.filter(type="registration.code_asked_for")
    ids = [str(one.id) for one in Registration.objects.filter(attendee_email="ana@example.com")]
    assert [entry.payload for entry in asked] == [{"email": "ana@example.com", "registrations": ids}]


@pytest.mark.parametrize("body", [{}, {"name": "A"}, {"name": "A", "email": "x"}, {**ANA, "attendee": ANA}])
def test_bad_input_is_told(anonymous: Api, body: dict[str, Any]) -> None:
    event = make_event()
    assert anonymous.post(f"/events/{event.id}/reserve", body).status_code == 422
    assert not Registration.objects.exists()


def test_nobody_with_an_account_registers_others_as_guests(acme: Organization, caller: Callers) -> None:
    event = make_event()
    assert reserve(caller("attendee"), event).status_code == 403
    assert reserve(caller("organizer"), event).status_code == 201
