"""The life of events and sessions, their times and their words, as pure functions."""

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from itertools import islice

from catalog.messages import AlreadyOver, WrongStage

MAX_CAPACITY = 1_000_000


class Stage(StrEnum):
    """How far something has been opened to the public. Stored; moves forward only."""

    DRAFT = "draft"
    TEASER = "teaser"
    PRESALE = "presale"
    ON_SALE = "on_sale"

    @property
    def rank(self) -> int:
        """Order the stages."""
        return _RANKS[self]


_RANKS = {stage: rank for rank, stage in enumerate(Stage)}


class Status(StrEnum):
    """What the public is told. Derived from the stage, the two marks and the clock; never stored."""

    DRAFT = "draft"
    TEASER = "teaser"
    PRESALE = "presale"
    ON_SALE = "on_sale"
    IN_PROGRESS = "in_progress"
    FINISHED = "finished"
    SUSPENDED = "suspended"
    CANCELLED = "cancelled"


class Verb(StrEnum):
    """What an organizer may do to the life of an event or session."""

    PUBLISH = "publish"
    SUSPEND = "suspend"
    RESUME = "resume"
    CANCEL = "cancel"
    DELETE = "delete"


_PUBLIC = frozenset({Status.TEASER, Status.PRESALE, Status.ON_SALE, Status.IN_PROGRESS})

# The lifecycle: where each verb may be said. Saying it again where it leads changes nothing.
VERBS: dict[Verb, frozenset[Status]] = {
    Verb.PUBLISH: _PUBLIC | {Status.DRAFT},
    Verb.SUSPEND: _PUBLIC | {Status.SUSPENDED},
    Verb.RESUME: _PUBLIC | {Status.SUSPENDED},
    Verb.CANCEL: frozenset(Status) - {Status.FINISHED},
    Verb.DELETE: frozenset({Status.DRAFT, Status.CANCELLED, Status.FINISHED}),
}


class Admission(StrEnum):
    """What people register for: the whole event, or its sessions one by one."""

    EVENT = "event"
    SESSION = "session"


SELLING = frozenset({Stage.PRESALE, Stage.ON_SALE})


@dataclass(frozen=True, slots=True)
class Life:
    """The stored facts that decide a status."""

    stage: Stage
    is_suspended: bool
    is_cancelled: bool
    starts_at: datetime
    ends_at: datetime

    def within(self, event: "Life") -> "Life":
        """Give the life of a session inside its event: never ahead of it, suspended and cancelled with it."""
        return Life(
            stage=min(self.stage, event.stage, key=lambda stage: stage.rank),
            is_suspended=self.is_suspended or event.is_suspended,
            is_cancelled=self.is_cancelled or event.is_cancelled,
            starts_at=self.starts_at,
            ends_at=self.ends_at,
        )

    def status(self, *, at: datetime) -> Status:
        """Tell the status at a moment. A draft stays a draft, whatever the clock says."""
        if self.is_cancelled:
            return Status.CANCELLED
        if self.stage is Stage.DRAFT:
            return Status.DRAFT
        if at >= self.ends_at:
            return Status.FINISHED
        if self.is_suspended:
            return Status.SUSPENDED
        if at >= self.starts_at and self.stage in SELLING:
            return Status.IN_PROGRESS
        return Status(self.stage)

    def check(self, verb: Verb, *, at: datetime) -> None:
        """Ask the table whether the verb may be said now.

        Raises:
            AlreadyOver: it has ended.
            WrongStage: it may not, at the present status.
        """
        status = self.status(at=at)
        if status not in VERBS[verb]:
            refusal = AlreadyOver if status is Status.FINISHED else WrongStage
            raise refusal(f"It is {status}: {verb} is for what is {', '.join(sorted(VERBS[verb]))}")

    def published(self, stage: Stage, *, event: "Life | None" = None, at: datetime) -> "Life":
        """Give this life opened to the stage; the same one if it stands there already.

        Raises:
            AlreadyOver: it has ended.
            WrongStage: it is past the stage, suspended or cancelled, or would stand ahead of its event.
        """
        (self.within(event) if event else self).check(Verb.PUBLISH, at=at)
        if stage is Stage.DRAFT or stage.rank < self.stage.rank:
            raise WrongStage(f"It is at {self.stage}; stages go forward only")
        if event and stage.rank > event.stage.rank:
            raise WrongStage(f"The event is at {event.stage}; no session stands ahead of its event")
        if stage is not self.stage and at >= self.ends_at:
            raise AlreadyOver("It has ended")
        return replace(self, stage=stage)

    def suspended(self, *, wanted: bool, event: "Life | None" = None, at: datetime) -> "Life":
        """Give this life suspended, or resumed.

        Raises:
            AlreadyOver: it has ended.
            WrongStage: it is a draft, or cancelled.
        """
        (self.within(event) if event else self).check(Verb.SUSPEND if wanted else Verb.RESUME, at=at)
        return replace(self, is_suspended=wanted)

    def cancelled(self, *, event: "Life | None" = None, at: datetime) -> "Life":
        """Give this life cancelled, for good.

        Raises:
            AlreadyOver: it has ended.
        """
        (self.within(event) if event else self).check(Verb.CANCEL, at=at)
        return replace(self, is_cancelled=True)

    @property
    def sells(self) -> bool:
        """Tell whether registering is open until the end, leaving the clock aside."""
        return self.stage in SELLING and not (self.is_suspended or self.is_cancelled)


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of time, its end excluded."""

    starts_at: datetime
    ends_at: datetime

    def overlaps(self, other: "Span") -> bool:
        """Tell whether the two share a moment."""
        return self.starts_at < other.ends_at and other.starts_at < self.ends_at

    def holds(self, other: "Span") -> bool:
        """Tell whether the other lies within this one."""
        return self.starts_at <= other.starts_at and other.ends_at <= self.ends_at


@dataclass(frozen=True, slots=True)
class Slot[Room]:
    """A room and a time that are free together."""

    room: Room
    span: Span


def free_slots[Room](
    wanted: Span, *, within: Span, rooms: Mapping[Room, Sequence[Span]], people: Sequence[Span], limit: int = 3
) -> list[Slot[Room]]:
    """Find where and when something as long could be instead, nearest in time first.

    `rooms` gives the busy times of each room, in order of preference; `people` the busy times of those who
    must be there.
    """
    found = [
        (abs(span.starts_at - wanted.starts_at), number, Slot(room, span))
        for number, (room, busy) in enumerate(rooms.items())
        for span in islice(_free_times(wanted, within=within, busy=[*busy, *people]), limit)
    ]
    found.sort(key=lambda one: one[:2])
    return [slot for _, _, slot in found[:limit]]


def _free_times(wanted: Span, *, within: Span, busy: Sequence[Span]) -> Iterator[Span]:
    """Yield the free times, nearest first. Each touches the wanted start, an edge of the event, or somebody's time."""
    length = wanted.ends_at - wanted.starts_at
    starts = {wanted.starts_at, within.starts_at, within.ends_at - length}
    starts.update(span.ends_at for span in busy)
    starts.update(span.starts_at - length for span in busy)
    for start in sorted(starts, key=lambda start: (abs(start - wanted.starts_at), start)):
        span = Span(start, start + length)
        if within.holds(span) and not any(span.overlaps(other) for other in busy):
            yield span


_NO_WORD = re.compile(r"[\W_]+")
MAX_SEARCHED = 40_000
MAX_SEARCH_WORDS = 8


def folded(text: str) -> str:
    """Take case and accents away, and whatever is no word: `¡Energía!` becomes `energia`."""
    plain = text[:MAX_SEARCHED].casefold()
    if not plain.isascii():
        # Taking a letter apart may bring capitals out, and lowering those more parts.
        parted = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", plain).casefold())
        plain = "".join(letter for letter in parted if not unicodedata.combining(letter))
    return _NO_WORD.sub(" ", plain)[:MAX_SEARCHED].strip()


def search_words(text: str) -> list[str]:
    """Give the words of a search, folded, the first few of them."""
    return folded(text).split()[:MAX_SEARCH_WORDS]
