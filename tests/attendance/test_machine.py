"""Attendance against a plain model of it: whatever is done in whatever order, both say the same."""

from datetime import timedelta
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from attendance import selectors, services
from attendance.messages import RegistrationClosed, SoldOut
from attendance.models import Registration
from attendance.services import Attendee, Shown
from catalog.messages import CapacityBelowSeatsTaken
from catalog.models import SeatPool
from catalog.services import resume_event, suspend_event, update_event
from kit.actor import SYSTEM
from tenants.models import Organization
from tests.factories import NOW, make_event

BY: dict[str, Any] = {"by": SYSTEM, "at": NOW}
people = st.integers(0, 7)


class Attendance(RuleBasedStateMachine):
    """The model: who sits, who waits in which order, whose ticket was used."""

    def __init__(self) -> None:
        super().__init__()
        self.seated: set[int] = set()
        self.queue: list[int] = []
        self.used: set[int] = set()
        self.ids: dict[int, Any] = {}
        self.is_open = True

    @initialize(capacity=st.integers(0, 4), has_waitlist=st.booleans())
    def begin(self, capacity: int, has_waitlist: bool) -> None:  # noqa: FBT001 - hypothesis draws it
        starts_at = NOW + timedelta(hours=1)
        self.event = make_event(
            capacity=capacity, has_waitlist=has_waitlist, starts_at=starts_at, ends_at=starts_at + timedelta(hours=1)
        )
        self.capacity, self.has_waitlist = capacity, has_waitlist

    def promote(self) -> None:
        while self.is_open and self.queue and len(self.seated) < self.capacity:
            self.seated.add(self.queue.pop(0))

    @rule(person=people)
    def register(self, person: int) -> None:
        attendee = Attendee(f"Person {person}", f"person{person}@example.com")
        is_live = person in self.seated or person in self.queue
        try:
            done = services.register(event_id=self.event.id, attendee=attendee, **BY)
        except RegistrationClosed:
            assert not self.is_open
            assert not is_live
        except SoldOut:
            assert len(self.seated) >= self.capacity
            assert not (self.has_waitlist)
            assert not is_live
        else:
            assert done.is_new is not is_live
            if is_live:
                assert done.registration["id"] == self.ids[person]
                return
            assert self.is_open
            self.ids[person] = done.registration["id"]
            if len(self.seated) < self.capacity:
                self.seated.add(person)
            else:
                self.queue.append(person)
                assert done.registration["waitlist_position"] == len(self.queue)

    @rule(person=people)
    def cancel(self, person: int) -> None:
        if person not in self.ids:
            return
        services.cancel(registration_id=self.ids[person], **BY)
        self.seated.discard(person)
        self.used.discard(person)
        if person in self.queue:
            self.queue.remove(person)
        self.promote()

    @rule(capacity=st.integers(0, 6))
    def resize(self, capacity: int) -> None:
        try:
            update_event(event_id=self.event.id, changes={"capacity": capacity}, **BY)
        except CapacityBelowSeatsTaken:
            assert capacity < len(self.seated)
        else:
            assert capacity >= len(self.seated)
            self.capacity = capacity
            self.promote()

    @precondition(lambda self: self.is_open)
    @rule()
    def suspend(self) -> None:
        suspend_event(event_id=self.event.id, **BY)
        self.is_open = False

    @precondition(lambda self: not self.is_open)
    @rule()
    def resume(self) -> None:
        resume_event(event_id=self.event.id, **BY)
        self.is_open = True
        self.promote()

    @rule(person=people)
    def check_in(self, person: int) -> None:
        if person not in self.ids:
            return
        code = Registration.objects.get(id=self.ids[person]).code
        told = services.validate(Shown(code=code), event_id=self.event.id, **BY)
        expected = (
            ("already_used" if person in self.used else "admitted") if person in self.seated
            else "unknown" if person in self.queue else "revoked"
        )  # fmt: skip
        assert told.answer.verdict == expected
        if expected == "admitted":
            self.used.add(person)

    @rule(person=people)
    def undo(self, person: int) -> None:
        if person in self.ids:
            undone = services.undo_check_in(ticket_id=self.ids[person], **BY)
            assert bool(undone) is (person in self.used) or person not in self.seated
            self.used.discard(person)

    @rule(person=people)
    def reissue(self, person: int) -> None:
        if person in self.seated:
            before = services.ticket(self.ids[person], reader=SYSTEM, at=NOW)
            after = services.reissue(ticket_id=self.ids[person], **BY)
            assert after["issue"] == before["issue"] + 1
            told = services.validate(Shown(token=before["token"]), event_id=self.event.id, **BY)
            assert told.answer.verdict == "revoked"

    @invariant()
    def both_say_the_same(self) -> None:
        if not hasattr(self, "event"):
            return
        rows = Registration.objects.filter(pool_id=self.event.pool_id)
        live = {row.id: row for row in rows.exclude(status="cancelled")}
        assert {one for one, row in live.items() if row.status == "confirmed"} == {self.ids[p] for p in self.seated}
        waiting = [row for row in live.values() if row.status == "waitlisted"]
        waiting.sort(key=lambda row: row.waitlist_number or 0)
        assert [row.id for row in waiting] == [self.ids[p] for p in self.queue]
        pool = SeatPool.objects.get(id=self.event.pool_id)
        assert (pool.seats_taken, pool.waiting, pool.capacity) == (len(self.seated), len(self.queue), self.capacity)
        assert selectors.drift() == []


def test_attendance_is_what_the_model_says(acme: Organization) -> None:
    run_state_machine_as_test(
        Attendance,
        settings=settings(
            max_examples=40, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
