"""The life of events and sessions, over every stage and moment."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.messages import AlreadyOver, WrongStage
from catalog.rules import SELLING, VERBS, Life, Span, Stage, Status, Verb, folded, free_slots, search_words

START = datetime(2047, 3, 1, 9, tzinfo=UTC)
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


def said(verb: Verb, session: Life, event: Life | None, *, stage: Stage, at: datetime) -> Life:
    """Say a verb to a life, as the services do; a refusal leaves it as it was."""
    try:
        match verb:
            case Verb.PUBLISH:
                return session.published(stage, event=event, at=at)
            case Verb.SUSPEND:
                return session.suspended(wanted=True, event=event, at=at)
            case Verb.RESUME:
                return session.suspended(wanted=False, event=event, at=at)
            case Verb.CANCEL:
                return session.cancelled(event=event, at=at)
            case Verb.DELETE:
                session.check(Verb.DELETE, at=at)
    except (WrongStage, AlreadyOver):
        pass
    return session


calls = st.tuples(st.sampled_from(["event", "session"]), st.sampled_from(Verb), st.sampled_from(Stage), moments)


@given(st.lists(calls, max_size=30))
def test_no_sequence_of_verbs_reaches_a_forbidden_state(sequence: list[tuple[str, Verb, Stage, datetime]]) -> None:
    event = session = life(Stage.DRAFT)
    for whose, verb, stage, at in sorted(sequence, key=lambda call: call[3]):
        before = event, session
        if whose == "event":
            event = said(verb, event, None, stage=stage, at=at)
        else:
            session = said(verb, session, event, stage=stage, at=at)
        assert session.stage.rank <= event.stage.rank, "a session never stands ahead of its event"
        for old, new in zip(before, (event, session), strict=True):
            assert new.stage.rank >= old.stage.rank, "stages go forward only"
            assert new.is_cancelled >= old.is_cancelled, "cancelled is for good"
            assert not old.is_cancelled or new == old, "nothing happens to what is cancelled"
            assert not new.is_suspended or new.stage is not Stage.DRAFT, "no draft is suspended"


@given(lives, st.sampled_from(Verb), st.sampled_from(Stage), moments)
def test_saying_a_verb_again_changes_nothing(some: Life, verb: Verb, stage: Stage, at: datetime) -> None:
    once = said(verb, some, None, stage=stage, at=at)
    assert said(verb, once, None, stage=stage, at=at) == once


def test_the_table_knows_every_verb_and_what_ends_nothing() -> None:
    assert set(VERBS) == set(Verb)
    assert all(Status.FINISHED not in VERBS[verb] for verb in Verb if verb is not Verb.DELETE)
    assert [verb for verb in Verb if Status.CANCELLED in VERBS[verb]] == [Verb.CANCEL, Verb.DELETE]


minutes = st.integers(0, 8 * 60)
spans = st.tuples(minutes, st.integers(1, 120)).map(
    lambda pair: Span(START + timedelta(minutes=pair[0]), START + timedelta(minutes=sum(pair)))
)


@given(spans, st.lists(st.lists(spans, max_size=6), min_size=1, max_size=3), st.lists(spans, max_size=3))
def test_free_slots_are_free_and_the_nearest(wanted: Span, rooms: list[list[Span]], people: list[Span]) -> None:
    within = Span(START, END)
    slots = free_slots(wanted, within=within, rooms=dict(enumerate(rooms)), people=people)
    length = wanted.ends_at - wanted.starts_at
    for slot in slots:
        assert within.holds(slot.span)
        assert slot.span.ends_at - slot.span.starts_at == length
        assert not any(slot.span.overlaps(busy) for busy in [*rooms[slot.room], *people])
    distances = [abs(slot.span.starts_at - wanted.starts_at) for slot in slots]
    assert distances == sorted(distances)
    # Whoever looks at every minute finds nothing nearer.
    starts = [START + timedelta(minutes=minute) for minute in range(8 * 60)]
    nearest = min(
        (
            abs(start - wanted.starts_at)
            for start in starts
            for busy in rooms
            if within.holds(Span(start, start + length))
            and not any(Span(start, start + length).overlaps(other) for other in [*busy, *people])
        ),
        default=None,
    )
    assert (distances[0] if distances else None) == nearest
    assert len(set(slots)) == len(slots) <= 3


def test_an_end_touches_the_next_start_without_a_clash() -> None:
    noon = START + timedelta(hours=3)
    assert not Span(START, noon).overlaps(Span(noon, END))
    assert Span(START, noon + timedelta(seconds=1)).overlaps(Span(noon, END))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("¡Energía, SOLAR!", ["energia", "solar"]),
        ("Straße Ñandú", ["strasse", "nandu"]),
        ("covid-19 3.5", ["covid", "19", "3", "5"]),
        ("  ¿?  ", []),
        ("'); DROP TABLE x; --", ["drop", "table", "x"]),
        ("a b c d e f g h i j", ["a", "b", "c", "d", "e", "f", "g", "h"]),
    ],
)
def test_words_are_without_case_accents_and_signs(text: str, words: list[str]) -> None:
    assert search_words(text) == words


@given(st.text())
def test_folding_folds_once(text: str) -> None:
    assert folded(folded(text)) == folded(text)
