"""The life of events and sessions, over every stage and moment."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.rules import SELLING, Life, Stage, Status

START = datetime(2027, 3, 1, 9, tzinfo=UTC)
END = START + timedelta(hours=8)
BEFORE, DURING, AFTER = START - timedelta(days=1), START + timedelta(hours=1), END

lives = st.builds(
    Life,
    stage=st.sampled_from(Stage),
    is_suspended=st.booleans(),
    is_cancelled=st.booleans(),
    starts_at=st.just(START),
    ends_at=st.just(END),
)
moments = st.sampled_from([BEFORE, START, DURING, AFTER, AFTER + timedelta(days=1)])


def life(stage: Stage, *, is_suspended: bool = False, is_cancelled: bool = False) -> Life:
    return Life(stage, is_suspended, is_cancelled, START, END)


@pytest.mark.parametrize(
    ("stage", "before", "during", "after"),
    [
        (Stage.DRAFT, Status.DRAFT, Status.DRAFT, Status.DRAFT),
        (Stage.TEASER, Status.TEASER, Status.TEASER, Status.FINISHED),
        (Stage.PRESALE, Status.PRESALE, Status.IN_PROGRESS, Status.FINISHED),
        (Stage.ON_SALE, Status.ON_SALE, Status.IN_PROGRESS, Status.FINISHED),
    ],
)
def test_the_clock_moves_what_is_published(stage: Stage, before: Status, during: Status, after: Status) -> None:
    assert [life(stage).status(at=moment) for moment in (BEFORE, DURING, AFTER)] == [before, during, after]


def test_the_bounds_belong_to_the_later_status() -> None:
    assert life(Stage.ON_SALE).status(at=START) is Status.IN_PROGRESS
    assert life(Stage.ON_SALE).status(at=END) is Status.FINISHED


def test_a_suspended_event_finishes_all_the_same() -> None:
    suspended = life(Stage.ON_SALE, is_suspended=True)
    assert [suspended.status(at=moment) for moment in (BEFORE, DURING, AFTER)] == [
        Status.SUSPENDED, Status.SUSPENDED, Status.FINISHED
    ]  # fmt: skip


@given(lives, moments)
def test_cancelled_is_the_last_word(some: Life, moment: datetime) -> None:
    assert (some.status(at=moment) is Status.CANCELLED) == some.is_cancelled


@given(lives, lives)
def test_a_session_never_stands_ahead_of_its_event(session: Life, event: Life) -> None:
    inside = session.within(event)
    assert inside.stage.rank <= event.stage.rank
    assert inside.sells <= event.sells
    assert inside.is_cancelled >= event.is_cancelled


@given(lives, moments)
def test_what_sells_is_published_and_stands(some: Life, moment: datetime) -> None:
    if some.sells:
        assert some.stage in SELLING
        assert some.status(at=moment) in {Status.PRESALE, Status.ON_SALE, Status.IN_PROGRESS, Status.FINISHED}
