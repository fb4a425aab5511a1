"""Bodies of tickets and of the door."""

from datetime import datetime
from typing import Annotated, Literal, Self
from uuid import UUID

from ninja import Field
from pydantic import StringConstraints, model_validator

from attendance.rules import Verdict
from kit.schemas import In, Moment, Out

type TicketToken = Annotated[str, Field(max_length=200, description="What the QR code holds")]
type TicketCode = Annotated[str, Field(max_length=20, description="What is printed below the QR code")]
type Nonce = Annotated[str, StringConstraints(min_length=8, max_length=64, pattern=r"^[!-~]+$")]
type Label = Annotated[str, StringConstraints(strip_whitespace=True, max_length=100)]


class ShownIn(In):
    """A ticket that is shown: its token, or its code."""

    token: TicketToken = ""
    code: TicketCode = ""

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if bool(self.token.strip()) == bool(self.code.strip()):
            raise ValueError("give the token that the QR code holds, or else the code that is printed below it")
        return self


class ScanIn(ShownIn):
    """A ticket shown at a door of an event, or of one of its sessions.

    Draw a `nonce` for each scan and send it again when you retry: the answer will be the same.
    """

    event_id: UUID
    session_id: UUID | None = None
    nonce: Nonce | None = None
    device: Label = ""
    gate: Label = ""


class ScanOut(Out):
    """What the door says. `attendee_name` is told of tickets for this event alone.

    `first_scanned_at` and `first_gate` tell of an `already_used` ticket when and where it was.
    """

    verdict: Verdict
    reason: str
    ticket_id: UUID | None
    attendee_name: str | None
    title: str | None
    scanned_at: datetime
    first_scanned_at: datetime | None
    first_gate: str | None
    is_repeated: bool


class OfflineScanIn(ShownIn):
    """A ticket that was scanned offline, by the device's clock."""

    nonce: Nonce
    scanned_at: Moment
    gate: Label = ""


class OfflineScansIn(In):
    """What one device scanned offline, for an event or one of its sessions."""

    event_id: UUID
    session_id: UUID | None = None
    device: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)]
    items: Annotated[list[OfflineScanIn], Field(min_length=1, max_length=1_000)]


type OfflineVerdict = Literal["accepted", "duplicate", "conflict", "revoked", "unknown", "wrong_event"]


class OfflineResultOut(Out):
    """What is made of a scan, with all that is known by now.

    `conflict`: another device's scan of the ticket was earlier, and `conflicts_with` names it. With `accepted` it
    names the devices that let the ticket in later.
    """

    index: int
    nonce: str
    verdict: OfflineVerdict
    reason: str
    conflicts_with: str | None
    admitted_at: datetime | None
    is_repeated: bool


class OfflineResultsOut(Out):
    """What is made of each scan, in the order they came."""

    results: list[OfflineResultOut]


class TicketOut(Out):
    """A ticket. `token` is what its QR code holds; `page` shows it on a phone, to whoever has the address."""

    id: UUID
    event_id: UUID
    session_id: UUID | None
    attendee_name: str
    code: str
    issue: int
    token: str
    page: str
    checked_in_at: datetime | None


class KeyOut(Out):
    """A public key (Ed25519, RFC 8037): `x` in base 64 for addresses."""

    kid: str
    x: str


class AdmitsOut(Out):
    """What tickets of a tag admit to."""

    tag: str
    session_id: UUID | None
    title: str
    doors_open_at: datetime
    ends_at: datetime


class RevokedOut(Out):
    """A ticket that admits nobody, up to and with the issue."""

    ticket_id: UUID
    issue: int


class BundleIn(In):
    """Since when."""

    cursor: Annotated[str, Field(max_length=30, description="`cursor` of the bundle before")] | None = None


class BundleOut(Out):
    """What a door takes along to work offline. Ask again with `cursor` for what was revoked since."""

    event_id: UUID
    made_at: datetime
    keys: list[KeyOut]
    admits: list[AdmitsOut]
    revoked: list[RevokedOut]
    cursor: str


class GateOut(Out):
    """What happened at a gate."""

    gate: str
    admitted: int
    refused: int
    conflicts: int
    last_scan_at: datetime


class CheckInsOut(Out):
    """Who came to an event, in all and by gate."""

    event_id: UUID
    confirmed: int
    checked_in: int
    expected: int
    by_gate: list[GateOut]


class UndoneOut(Out):
    """How many scans were taken back."""

    undone: int


class SeatsOut(Out):
    """Seats, counted."""

    capacity: int
    taken: int
    left: int
    waitlisted: int
    checked_in: int | None
    is_open: bool


class PoolOut(SeatsOut):
    """The seats of a session."""

    session_id: UUID


class AvailabilityOut(SeatsOut):
    """The seats of an event, as they were at `as_of`, a second ago at most. `checked_in` is told to staff."""

    event_id: UUID
    as_of: datetime
    sessions: list[PoolOut]
