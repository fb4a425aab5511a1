"""What of mails needs no database: which entry makes which, what may be left out, and how colours go together."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import Any, Final

COLOUR: Final = "#16324f"
# What happened longer ago is told to nobody by mail: journals are read anew after a restore.
FRESH_FOR = timedelta(days=3)
KEPT_FOR = timedelta(days=30)
# For how long a server that cannot be reached is tried.
TRIED_FOR = timedelta(days=4)
# Mails of registrations to one address that outsiders bring about: nobody's mailbox is filled from here.
HOUR, MAX_AN_HOUR = timedelta(hours=1), 20
OVER_THE_LIMIT: Final = "Too many mails to this address within an hour"


class MailKind(StrEnum):
    """What a mail is about."""

    CONFIRMED = "confirmed"
    WAITLISTED = "waitlisted"
    PROMOTED = "promoted"
    CANCELLED = "cancelled"
    EVENT_CHANGED = "event_changed"
    SESSION_CHANGED = "session_changed"
    CODES = "codes"
    PASSWORD_RESET = "password_reset"  # noqa: S105 - a kind of mail
    ENDPOINT_DISABLED = "endpoint_disabled"
    TEST = "test"


class MailStatus(StrEnum):
    """Where a mail stands."""

    PENDING = "pending"
    HANDED_OVER = "handed_over"
    SENT = "sent"
    FAILED = "failed"
    UNSURE = "unsure"
    # What it would have said was true no more when its turn came.
    OUTDATED = "outdated"


# What an organization may do without, because it says it by other means.
OPTIONAL: Final = (
    MailKind.CONFIRMED, MailKind.WAITLISTED, MailKind.PROMOTED, MailKind.CANCELLED, MailKind.EVENT_CHANGED,
    MailKind.SESSION_CHANGED,
)  # fmt: skip
# What a recipient may do without: whatever does not answer to something of their own.
UNSUBSCRIBABLE: Final = (MailKind.EVENT_CHANGED, MailKind.SESSION_CHANGED)

OF_REGISTRATIONS: Final = {
    "registration.confirmed": MailKind.CONFIRMED,
    "registration.waitlisted": MailKind.WAITLISTED,
    "registration.promoted": MailKind.PROMOTED,
    "registration.cancelled": MailKind.CANCELLED,
}
# Of what changed, the fields that whoever comes must know of.
TOLD_FIELDS: Final = {
    "event.updated": {"starts_at", "ends_at", "place"},
    "session.updated": {"starts_at", "ends_at", "room_id"},
}


def is_told(type_: str, changes: Mapping[str, Any]) -> bool:
    """Tell whether those who are registered are told of a change."""
    return bool(TOLD_FIELDS.get(type_, set()) & changes.keys())


@dataclass(frozen=True, slots=True)
class Letter:
    """What a mail says, before it is written as HTML and as text."""

    subject: str
    title: str
    paragraphs: tuple[str, ...]
    # Labels and values.
    facts: tuple[tuple[str, str], ...] = ()
    # Words and address.
    links: tuple[tuple[str, str], ...] = ()
    # Of a ticket: its code, the picture of it, and what it stands for.
    code: str = ""
    qr: bytes = field(default=b"", repr=False)
    # iCalendar.
    calendar: bytes = field(default=b"", repr=False)


# What a mail program could make a link of, or a mark of something that is none of a name.
_SUSPICIOUS = re.compile(r"[/\\@<>:\[\]{}|]|www\.|\w\.\w{2,}", re.IGNORECASE)
_LONGEST_NAME = 60


def greeted(name: str) -> str:
    """Give a name as a mail may say it, or nothing: guests choose names, and whose address they are sent to."""
    name = one_line(name)
    return "" if len(name) > _LONGEST_NAME or _SUSPICIOUS.search(name) else name


def one_line(text: str) -> str:
    """Give a text in one line, as headers have it."""
    return " ".join(text.split())


def ink_on(colour: str) -> str:
    """Tell whether black or white is read better on a colour, by its relative luminance (WCAG 2)."""
    red, green, blue = (_linear(int(colour[place : place + 2], 16) / 255) for place in (1, 3, 5))
    luminance = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    return "#000000" if (luminance + 0.05) ** 2 > 1.05 * 0.05 else "#ffffff"


def _linear(part: float) -> float:
    return part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4  # noqa: PLR2004 - of sRGB
