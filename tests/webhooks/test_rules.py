"""Who is told what, and when it is tried again, with the clock as an argument."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from webhooks.rules import Outcome, body_of, event_of, is_for, rest

AT = datetime(2027, 3, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("status", "is_success"),
    [(200, True), (204, True), (299, True), (301, False), (304, False), (None, False), (410, False)],
)
def test_only_2xx_is_success(status: int | None, is_success: bool) -> None:  # noqa: FBT001 - a table
    assert Outcome(status, 0).is_success is is_success


def test_whoever_fails_is_left_alone_longer_and_longer() -> None:
    waits = [rest(10, AT - timedelta(seconds=failing), at=AT) for failing in (0, 20, 31, 60, 600, 86_400)]
    assert [(until - AT).total_seconds() if until else None for until in waits] == [30, 30, 31, 60, 600, 600]
    assert rest(9, AT - timedelta(days=1), at=AT) is None
    assert rest(0, None, at=AT) is None


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
