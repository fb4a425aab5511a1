"""When what failed is tried again, with the clock as an argument."""

from datetime import UTC, datetime, timedelta

import pytest

from kit.retries import DELAYS, next_attempt

AT = datetime(2027, 3, 1, 12, tzinfo=UTC)


def test_the_schedule_is_the_one_that_is_promised() -> None:
    waits = [next_attempt(attempts, at=AT, drawn=0) for attempts in range(1, 11)]
    assert [(wait - AT).total_seconds() if wait else None for wait in waits] == [
        5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400, None,
    ]  # fmt: skip
    assert len(DELAYS) == 10


def test_jitter_spreads_by_a_tenth_and_never_hastens() -> None:
    assert next_attempt(2, at=AT, drawn=1) == AT + timedelta(seconds=330)


@pytest.mark.parametrize(("asked", "waits"), [(1, 300), (1_000, 1_000), (10**6, 86_400)])
def test_the_other_end_may_ask_for_more_time_and_not_for_less(asked: int, waits: int) -> None:
    assert next_attempt(2, at=AT, drawn=0, retry_after=asked) == AT + timedelta(seconds=waits)
