"""What was called off, and the counters that nobody may doubt."""

from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command

from attendance import selectors
from attendance.models import Registration
from attendance.services import following
from attendance.tasks import cancel_called_off, check_seats
from catalog.models import Event, SeatPool
from catalog.services import cancel_event, cancel_session
from journal.models import Entry
from kit.actor import SYSTEM
from tenants.models import Organization
from tenants.tasks import sweep
from tests.conftest import Callers, committed
from tests.factories import NOW, make_event, make_registration, make_session

ACME = "t_acme"


def statuses(event: Event) -> list[str]:
    return list(Registration.objects.filter(event=event).order_by("id").values_list("status", flat=True))


def called(sent: list[tuple[str, dict[str, Any]]]) -> int:
    committed()
    return [name for name, _ in sent].count("attendance.cancel_called_off")


def test_cancelling_an_event_cancels_every_registration_with_the_reason(
    acme: Organization, sent: list[tuple[str, dict[str, Any]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(following, "BATCH", 2)
    event = make_event(capacity=3, has_waitlist=True)
    for _ in range(5):
        make_registration(event)
    cancel_event(event_id=event.id, by=SYSTEM, at=NOW)
    assert called(sent) == 1
    assert statuses(event) == ["confirmed"] * 3 + ["waitlisted"] * 2
    assert cancel_called_off(schema_name=ACME) == 5
    assert statuses(event) == ["cancelled"] * 5
    pool = SeatPool.objects.get(id=event.id)
    assert (pool.seats_taken, pool.waiting) == (0, 0)
    told = Entry.objects.filter(type="registration.cancelled")
    assert {entry.payload["reason"] for entry in told} == {"The event was cancelled"}
    assert told.count() == 5
    assert not Entry.objects.filter(type="registration.promoted").exists()
    assert cancel_called_off(schema_name=ACME) == 0


def test_a_worker_that_was_stopped_is_taken_up_by_the_sweep(
    acme: Organization, sent: list[tuple[str, dict[str, Any]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(following, "BATCH", 2)
    event = make_event()
    for _ in range(5):
        make_registration(event)
    cancel_event(event_id=event.id, by=SYSTEM, at=NOW)
    following._cancel_batch(at=NOW)
    assert statuses(event).count("cancelled") == 2
    committed()
    sent.clear()
    sweep(schema_name="public")
    assert ("attendance.cancel_called_off", {"schema_name": ACME}) in sent
    assert cancel_called_off(schema_name=ACME) == 3
    sent.clear()
    sweep(schema_name="public")
    assert called(sent) == 0


def test_cancelling_a_session_touches_its_own_alone(
    acme: Organization, caller: Callers, sent: list[tuple[str, dict[str, Any]]]
) -> None:
    event = make_event(admission="session", stage=None)
    sessions = [make_session(event) for _ in range(2)]
    caller("organizer").post(f"/events/{event.id}/publish")
    gone, stays = (make_registration(event, session=session) for session in sessions)
    cancel_session(session_id=sessions[0].id, by=SYSTEM, at=NOW)
    assert called(sent) == 1
    assert cancel_called_off(schema_name=ACME) == 1
    gone.refresh_from_db()
    stays.refresh_from_db()
    assert (gone.status, gone.cancel_reason, stays.status) == ("cancelled", "The session was cancelled", "confirmed")


def drifted() -> int:
    """Break a counter as no code of ours can; the test mends it."""
    event = make_event()
    make_registration(event)
    return SeatPool.objects.filter(id=event.id).update(seats_taken=2)


def test_drift_is_found_and_told(acme: Organization, capsys: pytest.CaptureFixture[str]) -> None:
    out = StringIO()
    call_command("check_seats", stdout=out)
    assert out.getvalue() == ("acme: no counters differ from their rows\nglobex: no counters differ from their rows\n")
    drifted()
    (found,) = selectors.drift()
    assert found.seats_taken == (2, 1)
    assert check_seats(schema_name=ACME) == 1
    out = StringIO()
    with pytest.raises(SystemExit) as ended:
        call_command("check_seats", "acme", stdout=out)
    assert ended.value.code == 1
    assert "seats_taken 2, rows 1" in out.getvalue()
    SeatPool.objects.filter(id=found.pool_id).update(seats_taken=1)


@pytest.mark.parametrize("field", ["waiting", "waitlist_tail"])
def test_the_queue_is_counted_too(acme: Organization, field: str) -> None:
    event = make_event(capacity=1, has_waitlist=True)
    for _ in range(3):
        make_registration(event)
    SeatPool.objects.filter(id=event.id).update(**{field: 1})
    assert [one.pool_id for one in selectors.drift()] == [event.id]
    SeatPool.objects.filter(id=event.id).update(**{field: 2})
