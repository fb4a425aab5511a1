"""Never one seat too many, never one lost: real threads against real transactions."""

from collections import Counter
from functools import partial
from time import sleep
from typing import Any

import pytest

from attendance.messages import RegistrationClosed, SoldOut
from attendance.models import Registration
from attendance.rules import new_code
from attendance.services import Registered, cancel, register
from catalog.messages import CapacityBelowSeatsTaken
from catalog.models import Event, SeatPool
from catalog.services import cancel_event, update_event
from journal.models import Entry
from kit.actor import SYSTEM
from tests.factories import NOW, make_event, make_registration, someone
from tests.races.conftest import AtOnce


def take_seat(event: Event, **who: Any) -> Registered:
    return register(event_id=event.id, attendee=someone(**who), by=SYSTEM, at=NOW)


def held(event: Event) -> int:
    return Registration.objects.filter(pool_id=event.pool_id, status="confirmed").count()


def counted(event: Event) -> int:
    return SeatPool.objects.get(id=event.pool_id).seats_taken


def entries(event: Event) -> Counter[str]:
    of_event = Entry.objects.filter(payload__event_id=str(event.id))
    return Counter(of_event.values_list("type", flat=True))


def test_thirty_people_for_ten_seats(arena: str, at_once: AtOnce) -> None:
    event = make_event(capacity=10)
    results = at_once(*[partial(take_seat, event) for _ in range(30)])
    assert Counter(type(result) for result in results) == {Registered: 10, SoldOut: 20}
    assert (held(event), counted(event)) == (10, 10)
    assert entries(event) == {"registration.confirmed": 10}


def test_control_counting_before_inserting_oversells(arena: str, at_once: AtOnce) -> None:
    """The same race against the obvious way: if it did not oversell, the test above would prove nothing."""
    event = make_event(capacity=10)

    def naive() -> None:
        if held(event) < event.pool.capacity:
            sleep(0.02)
            guest = someone()
            Registration.objects.create(
                event=event,
                pool=event.pool,
                attendee_name=guest.name,
                attendee_email=guest.email,
                status="confirmed",
                code=new_code(),
            )

    at_once(*[naive] * 30)
    assert held(event) > 10


def test_the_rest_waits_and_every_number_is_given_once(arena: str, at_once: AtOnce) -> None:
    event = make_event(capacity=5, has_waitlist=True)
    results = at_once(*[partial(take_seat, event) for _ in range(25)])
    statuses = Counter(result.registration["status"] for result in results)
    assert statuses == {"confirmed": 5, "waitlisted": 20}
    waiting = Registration.objects.filter(pool_id=event.pool_id, status="waitlisted")
    assert set(waiting.values_list("waitlist_number", flat=True)) == set(range(1, 21))


def test_one_person_twenty_times_takes_one_seat(arena: str, at_once: AtOnce) -> None:
    event = make_event(capacity=10)
    results = at_once(*[partial(take_seat, event, email="same@example.com")] * 20)
    assert Counter(result.is_new for result in results) == {True: 1, False: 19}
    assert len({result.registration["id"] for result in results}) == 1
    assert (held(event), counted(event)) == (1, 1)


def test_a_storm_of_cancellations_promotes_each_once(arena: str, at_once: AtOnce) -> None:
    event = make_event(capacity=8, has_waitlist=True)
    seated = [make_registration(event) for _ in range(8)]
    for _ in range(5):
        make_registration(event)
    jobs = [partial(cancel, registration_id=one.id, by=SYSTEM, at=NOW) for one in seated for _ in range(2)]
    results = at_once(*jobs, *[partial(take_seat, event) for _ in range(8)])
    assert not [result for result in results if isinstance(result, Exception)]
    assert held(event) == counted(event) == 8
    happened = entries(event)
    assert happened["registration.cancelled"] == 8
    waiting = Registration.objects.filter(pool_id=event.pool_id, status="waitlisted").count()
    assert waiting == 5 + 8 - 8


def test_a_seat_is_returned_once(arena: str, at_once: AtOnce) -> None:
    event = make_event(capacity=3)
    registration = make_registration(event)
    make_registration(event)
    at_once(*[partial(cancel, registration_id=registration.id, by=SYSTEM, at=NOW)] * 12)
    assert (held(event), counted(event)) == (1, 1)
    assert entries(event)["registration.cancelled"] == 1


def test_nobody_slips_into_an_event_that_is_being_cancelled(arena: str, at_once: AtOnce) -> None:
    event = make_event(capacity=100)
    stop = partial(cancel_event, event_id=event.id, by=SYSTEM, at=NOW)
    results = at_once(stop, *[partial(take_seat, event) for _ in range(15)])
    assert held(event) == counted(event) == sum(isinstance(result, Registered) for result in results)
    assert entries(event)["registration.confirmed"] == held(event)
    with pytest.raises(RegistrationClosed):
        take_seat(event)


def test_capacity_moves_while_people_come(arena: str, at_once: AtOnce) -> None:
    event = make_event(capacity=4, has_waitlist=True)
    raises = [
        partial(update_event, event_id=event.id, changes={"capacity": size}, by=SYSTEM, at=NOW) for size in (9, 6, 12)
    ]
    results = at_once(*raises, *[partial(take_seat, event) for _ in range(20)])
    assert not [one for one in results if isinstance(one, Exception) and not isinstance(one, CapacityBelowSeatsTaken)]
    update_event(event_id=event.id, changes={"capacity": 13}, by=SYSTEM, at=NOW)
    pool = SeatPool.objects.get(id=event.pool_id)
    waiting = Registration.objects.filter(pool_id=event.pool_id, status="waitlisted").count()
    assert (held(event), pool.seats_taken, pool.capacity, waiting) == (13, 13, 13, 7)
