"""The life of events and sessions, as pure functions of stored facts and a moment."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

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
        return list(Stage).index(self)


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
            return Status.SUSPENDED if self.is_suspended else Status.DRAFT
        if at >= self.ends_at:
            return Status.FINISHED
        if self.is_suspended:
            return Status.SUSPENDED
        if at >= self.starts_at and self.stage in SELLING:
            return Status.IN_PROGRESS
        return Status(self.stage)

    @property
    def sells(self) -> bool:
        """Tell whether registering is open until the end, leaving the clock aside."""
        return self.stage in SELLING and not (self.is_suspended or self.is_cancelled)
