"""The promises, kept over HTTP by real processes; and each race again with the obvious way, which must lose it."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any
from uuid import uuid4

import pytest

from tests.live import Platform
from tests.races.storm import Answer, Call, fire

pytestmark = pytest.mark.xdist_group("live")


def seats(platform: Platform, pool_id: str) -> dict[str, int]:
    """Give what a pool counts, and what is there."""
    with platform.connect() as connection:
        row = connection.execute(
            "SELECT p.capacity, p.seats_taken, p.waiting, p.waitlist_tail,"
            " count(r.id) FILTER (WHERE r.status = 'confirmed'), count(r.id) FILTER (WHERE r.status = 'waitlisted'),"
            " count(r.id) FILTER (WHERE r.status = 'cancelled')"
            " FROM t_acme.catalog_seatpool p LEFT JOIN t_acme.attendance_registration r ON r.pool_id = p.id"
            " WHERE p.id = %s GROUP BY p.id",
            (pool_id,),
        ).fetchone()
    assert row is not None
    names = ("capacity", "seats_taken", "waiting", "tail", "confirmed", "waitlisted", "cancelled")
    return dict(zip(names, row, strict=True))


def drifted(platform: Platform) -> str:
    said: str = platform.manage("check_seats", "acme")
    return said


ALL_WELL = "acme: no counters differ from their rows\n"


def person(number: int) -> dict[str, str]:
    return {"name": f"Guest {number}", "email": f"guest{number}.{uuid4().hex[:8]}@example.com"}


def registering(event: dict[str, Any], token: str, people: list[dict[str, str]], session: str = "") -> list[Call]:
    at = f"/sessions/{session}" if session else ""
    return [Call(f"/api/v1/events/{event['id']}{at}/register", {"attendee": one}, token) for one in people]


def statuses(answers: list[Answer | None]) -> Counter[int]:
    return Counter(answer.status if answer else 0 for answer in answers)


@pytest.fixture(scope="session")
def naive(platform: Platform) -> Platform:
    """Have the controls' schema."""
    fire(platform, [Call("/naive/make", {})])
    return platform


def asked(platform: Platform, path: str, body: Any) -> Any:
    (answer,) = fire(platform, [Call(f"/naive/{path}", body)])
    assert answer is not None
    assert answer.status == 200
    return answer.body["answer"]


@pytest.fixture
def token(platform: Platform) -> Iterator[str]:
    """Be an organizer; afterwards every counter of acme equals its rows."""
    yield platform.token()
    assert drifted(platform) == ALL_WELL


def test_a_thousand_people_for_a_hundred_seats(platform: Platform, token: str) -> None:
    event = platform.event(token, capacity=100, has_waitlist=True)
    answers = fire(platform, registering(event, token, [person(n) for n in range(1_000)]))
    assert statuses(answers) == {201: 1_000}
    shown = [answer.body for answer in answers if answer]
    assert Counter(one["status"] for one in shown) == {"confirmed": 100, "waitlisted": 900}
    assert sorted(one["waitlist_position"] for one in shown if one["waitlist_position"]) == list(range(1, 901))
    held = seats(platform, event["id"])
    assert (held["seats_taken"], held["confirmed"]) == (100, 100)
    assert (held["waiting"], held["waitlisted"], held["tail"]) == (900, 900, 900)
    # Whoever was told an earlier place is ahead still, and moves up first.
    queue = {one["id"]: one["waitlist_position"] for one in shown if one["waitlist_position"]}
    platform.api("PATCH", f"/events/{event['id']}", {"capacity": 103}, token=token)
    promoted = platform.api("GET", f"/registrations?event_id={event['id']}&status=confirmed&sort=-updated_at&limit=3",
                            token=token).json()["items"]  # fmt: skip
    assert {queue[one["id"]] for one in promoted if one["id"] in queue} <= {1, 2, 3}


def test_control_counting_first_oversells(naive: Platform) -> None:
    pool = asked(naive, "pool", {"capacity": 100})
    fire(naive, [Call("/naive/register", {"pool": pool, "email": f"{n}@example.com"}) for n in range(300)])
    assert asked(naive, "count", {"pool": pool})["rows"] > 100


def test_the_same_person_fifty_times_at_once(platform: Platform, token: str) -> None:
    event = platform.event(token, capacity=100)
    answers = fire(platform, registering(event, token, [person(1)] * 50), callers=50)
    assert statuses(answers) == {201: 1, 200: 49}
    assert len({answer.body["id"] for answer in answers if answer}) == 1
    assert seats(platform, event["id"])["seats_taken"] == 1


def test_control_looking_for_the_person_first_registers_twice(naive: Platform) -> None:
    pool = asked(naive, "pool", {"capacity": 100})
    fire(naive, [Call("/naive/register", {"pool": pool, "email": "same@example.com"})] * 50, callers=50)
    assert asked(naive, "count", {"pool": pool})["rows"] > 1


def test_one_attendee_and_two_sessions_at_one_time(platform: Platform, token: str) -> None:
    event = platform.event(token, sessions=2)
    people = [person(n) for n in range(30)]
    calls = [
        call for one in people for session in event["sessions"] for call in registering(event, token, [one], session)
    ]
    Random(7).shuffle(calls)  # noqa: S311 - an order, not a secret
    answers = fire(platform, calls, callers=30)
    assert statuses(answers) == {201: 30, 409: 30}, [one.body for one in answers if one and one.status > 500]
    assert {answer.body["code"] for answer in answers if answer and answer.status == 409} == {"overlaps"}
    held = [answer.body["attendee"]["email"] for answer in answers if answer and answer.status == 201]
    assert len(set(held)) == 30


def test_control_looking_for_the_time_first_seats_somebody_twice(naive: Platform) -> None:
    pools = [asked(naive, "pool", {"capacity": 1_000}) for _ in range(2)]
    emails = [f"{uuid4()}@example.com" for _ in range(30)]
    fire(
        naive,
        [Call("/naive/register", {"pool": pool, "email": one, "others": True}) for one in emails for pool in pools],
    )
    assert sum(asked(naive, "count", {"pool": pool})["rows"] for pool in pools) > 30


def test_cancellations_storm_while_people_register_and_the_capacity_rises(platform: Platform, token: str) -> None:
    event = platform.event(token, capacity=50, has_waitlist=True)
    first = fire(platform, registering(event, token, [person(n) for n in range(150)]))
    ids = [answer.body["id"] for answer in first if answer]
    calls = [
        *[Call(f"/api/v1/registrations/{one}/cancel", {}, token) for one in ids[:100] for _ in range(2)],
        *registering(event, token, [person(n) for n in range(150)]),
        *[
            Call(f"/api/v1/events/{event['id']}", {"capacity": size}, token, "PATCH")
            for size in (60, 55, 80, 75, 70)
        ],
    ]  # fmt: skip
    Random(3).shuffle(calls)  # noqa: S311 - an order, not a secret
    answers = fire(platform, calls)
    # Writers of the capacity name no version: they are told so, and the others go on.
    assert set(statuses(answers)) <= {200, 201, 409, 428}
    held = seats(platform, event["id"])
    assert (held["seats_taken"], held["waiting"]) == (held["confirmed"], held["waitlisted"])
    assert held["cancelled"] == 100
    assert held["confirmed"] == min(held["capacity"], 200)
    assert held["confirmed"] + held["waitlisted"] == 200
    with platform.connect() as connection:
        told = connection.execute(
            "SELECT subject_id, type FROM t_acme.journal_entry WHERE payload ->> 'event_id' = %s", (event["id"],)
        ).fetchall()
    happened = Counter(told)
    assert set(happened.values()) == {1}, "nobody is promoted, cancelled or registered twice"
    assert Counter(kind for _, kind in told)["registration.cancelled"] == 100


def test_control_giving_seats_back_after_a_look_loses_count(naive: Platform) -> None:
    pool = asked(naive, "pool", {"capacity": 100})
    ids = [asked(naive, "register", {"pool": pool, "email": f"{n}@example.com"}) for n in range(20)]
    fire(naive, [Call("/naive/cancel", {"id": one}) for one in ids[:10] for _ in range(4)])
    counted = asked(naive, "count", {"pool": pool})
    assert counted["rows"] == 10
    assert counted["seats_taken"] < 10


def test_twenty_scanners_and_one_ticket(platform: Platform, token: str) -> None:
    event = platform.event(token, **soon())
    door = platform.token("scanner")
    for _ in range(5):
        (made,) = fire(platform, registering(event, token, [person(1)]))
        assert made is not None
        ticket = platform.api("GET", f"/tickets/{made.body['id']}", token=token).json()
        # Half of them read the QR code, half type the code.
        shown = ({"token": ticket["token"]}, {"code": ticket["code"]})
        calls = [
            Call("/api/v1/tickets/validate", {**shown[n % 2], "event_id": event["id"], "device": f"d{n}"}, door)
            for n in range(20)
        ]
        answers = fire(platform, calls, callers=20)
        assert statuses(answers) == {200: 20}
        verdicts = Counter(answer.body["verdict"] for answer in answers if answer)
        assert verdicts == {"admitted": 1, "already_used": 19}
    counted = platform.api("GET", f"/events/{event['id']}/check-ins", token=token).json()
    assert counted["checked_in"] == 5


def test_control_looking_for_the_admission_first_admits_twice(naive: Platform) -> None:
    pool = asked(naive, "pool", {"capacity": 10})
    ticket = asked(naive, "register", {"pool": pool, "email": "a@example.com"})
    answers = fire(naive, [Call("/naive/scan", {"id": ticket})] * 20, callers=20)
    assert sum(answer.body["answer"] for answer in answers if answer) > 1


def soon() -> dict[str, Any]:
    """Begin within the hour, so that doors are open."""
    now = datetime.now(UTC)
    return {"starts_at": (now + timedelta(hours=1)).isoformat(), "ends_at": (now + timedelta(hours=9)).isoformat()}


def test_one_request_sent_many_times_at_once_is_done_once(platform: Platform, token: str) -> None:
    """With one key. The control sends the same without."""
    event = platform.event(token)
    name = uuid4().hex
    body = {"name": name, "starts_at": event["starts_at"], "ends_at": event["ends_at"], "capacity": 5}

    def named() -> int:
        with platform.connect() as connection:
            row = connection.execute("SELECT count(*) FROM t_acme.catalog_event WHERE name = %s", (name,)).fetchone()
        assert row is not None
        return int(row[0])

    answers = fire(platform, [Call("/api/v1/events", body, token, key=uuid4().hex)] * 40)
    made = {answer.body["id"] for answer in answers if answer and answer.status == 201}
    assert set(statuses(answers)) <= {201, 409}
    assert len(made) == named() == 1
    assert {answer.body["code"] for answer in answers if answer and answer.status == 409} <= {"idempotency_key_in_use"}
    fire(platform, [Call("/api/v1/events", body, token)] * 40)
    assert named() == 41


def test_one_registration_sent_many_times_at_once_is_answered_the_same(platform: Platform, token: str) -> None:
    """Batches hold other people, who are not disturbed; another body under the same key takes no seat."""
    event = platform.event(token, capacity=500)
    (once,) = registering(event, token, [person(0)])
    key = uuid4().hex
    calls = [replace(once, key=key)] * 40
    calls += [replace(call, key=key) for call in registering(event, token, [person(n) for n in range(1, 41)])]
    calls += [replace(call, key=uuid4().hex) for call in registering(event, token, [person(n) for n in range(41, 121)])]
    order = list(range(len(calls)))
    Random(4).shuffle(order)  # noqa: S311 - no secret
    answers = dict(zip(order, fire(platform, [calls[number] for number in order]), strict=True))
    found = [answers[number] for number in range(len(calls))]
    won = {answer.body["id"] for answer in found[:80] if answer and answer.status == 201}
    assert len(won) == 1
    assert statuses(found[:80]) in ({201: 40, 422: 40}, {201: 1, 422: 79})
    assert statuses(found[80:]) == {201: 80}
    assert seats(platform, event["id"])["confirmed"] == 81
