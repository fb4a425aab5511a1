"""Who is told what, and when it is tried again, with the clock as an argument."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from webhooks.rules import DELAYS, Outcome, body_of, event_of, is_for, next_attempt, rest

AT = datetime(2027, 3, 1, 12, tzinfo=UTC)
FAILED = Outcome(500, 3)


def test_the_schedule_is_the_one_that_is_promised() -> None:
    waits = [next_attempt(attempts, FAILED, at=AT, drawn=0) for attempts in range(1, 11)]
    assert [(wait - AT).total_seconds() if wait else None for wait in waits] == [
        5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400, None,
    ]  # fmt: skip
    assert len(DELAYS) == 10


def test_jitter_spreads_by_a_tenth_and_never_hastens() -> None:
    late = next_attempt(2, FAILED, at=AT, drawn=1)
    assert late == AT + timedelta(seconds=330)


@pytest.mark.parametrize(("asked", "waits"), [(1, 300), (1_000, 1_000), (10**6, 86_400)])
def test_a_receiver_may_ask_for_more_time_and_not_for_less(asked: int, waits: int) -> None:
    assert next_attempt(2, Outcome(429, 3, retry_after=asked), at=AT, drawn=0) == AT + timedelta(seconds=waits)


@pytest.mark.parametrize(
    ("status", "is_success"),
    [(200, True), (204, True), (299, True), (301, False), (304, False), (None, False), (410, False)],
)
def test_only_2xx_is_success(status: int | None, is_success: bool) -> None:  # noqa: FBT001 - a table
    assert Outcome(status, 0).is_success is is_success


def test_whoever_fails_is_left_alone_longer_and_longer() -> None:
    rests = [rest(failures, at=AT) for failures in range(4, 12)]
    assert [(until - AT).total_seconds() if until else None for until in rests] == [
        None, 30, 60, 120, 240, 480, 600, 600,
    ]  # fmt: skip


def test_filters() -> None:
    event = str(UUID(int=1))
    assert is_for((), (), type_="event.created", event_id=event)
    assert is_for(("event.created",), (event,), type_="event.created", event_id=event)
    assert not is_for(("event.deleted",), (), type_="event.created", event_id=event)
    assert not is_for((), (event,), type_="event.created", event_id=str(UUID(int=2)))
    assert not is_for((), (event,), type_="venue.created", event_id=None)


def test_the_event_of_an_entry() -> None:
    assert event_of("event", UUID(int=1), {}) == str(UUID(int=1))
    assert event_of("registration", UUID(int=2), {"event_id": str(UUID(int=1))}) == str(UUID(int=1))
    assert event_of("venue", UUID(int=2), {}) is None


def test_a_thin_body_says_only_what_it_is_about() -> None:
    told = {"type_": "event.created", "occurred_at": AT, "subject_id": UUID(int=1), "payload": {"name": "A"}}
    assert body_of(**told, thin=False) == (  # type: ignore[arg-type] # of a table
        b'{"type":"event.created","timestamp":"2027-03-01T12:00:00Z",'
        b'"data":{"id":"00000000-0000-0000-0000-000000000001","name":"A"}}'
    )
    assert b"name" not in body_of(**told, thin=True)  # type: ignore[arg-type] # of a table
