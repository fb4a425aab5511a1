"""Tickets: signed, verified, and issued anew."""

from datetime import datetime
from io import BytesIO
from typing import Any, Final, Literal
from uuid import UUID

import segno
from django.db import connection, transaction

from attendance import selectors
from attendance.messages import TICKET_REISSUED, NoTicket
from attendance.models import Registration
from attendance.rules import RegistrationStatus, new_code
from attendance.rules.tickets import Stub, read_token, signed_part, tag, write_token
from attendance.services.payloads import registration_payload
from identity import keys
from journal.models import CURRENT_XID
from journal.services import record
from kit.actor import Actor
from kit.listing import Row

_REISSUE: Final = f"""
UPDATE attendance_registration
   SET ticket_issue = ticket_issue + 1, code = %(code)s, version = version + 1, updated_at = %(at)s::timestamptz,
       revoked_xid = {CURRENT_XID}
 WHERE id = %(id)s::uuid
"""  # noqa: S608 - of constants
# Pixels of a module: with the quiet zone a token takes 49 modules, so 196 pixels.
SCALE = 4


def token_of(row: Row) -> str:
    """Sign the present ticket of a registration, given with all that is known of it."""
    packed = Stub(row["id"], row["ticket_issue"], tag(row["pool_id"])).packed()
    return write_token(packed, keys.signing().private.sign(signed_part(packed)))


def verified(token: str) -> Stub | None:
    """Read a token that this organization signed; nothing if it is none of its own."""
    read = read_token(token)
    if read is None:
        return None
    stub, packed, signature = read
    message = signed_part(packed)
    return stub if any(pair.has_signed(signature, message) for pair in keys.pairs().values()) else None


def qr(token: str, kind: Literal["svg", "png"]) -> bytes:
    """Draw a token as a QR code of level M, black on white with its quiet zone."""
    image = BytesIO()
    code = segno.make(token, error="m", boost_error=False)
    light: dict[str, Any] = {"light": "white"}
    code.save(image, kind=kind, scale=SCALE, **light)
    return image.getvalue()


def ticket(ticket_id: UUID, *, reader: Actor, at: datetime) -> Row:
    """Show a ticket with its token.

    Raises:
        NotFound: there is none that the reader may see.
        NoTicket: the registration holds no seat.
    """
    return _shown(selectors.known(ticket_id, reader=reader, at=at))


def ticket_by_code(code: str, *, at: datetime) -> Row:
    """Show the ticket of a code, to whoever has it, with what it is for.

    Raises:
        NotFound: there is none.
        NoTicket: the registration holds no seat.
    """
    row = selectors.known(selectors.by_code(code).id, at=at)
    return {**_shown(row), "occasion": selectors.occasion(row["event_id"], row["session_id"])}


def _shown(row: Row) -> Row:
    if row["status"] != RegistrationStatus.CONFIRMED:
        raise NoTicket(f"The registration is {row['status']}")
    return {
        "id": row["id"],
        "event_id": row["event_id"],
        "session_id": row["session_id"],
        "attendee_name": row["attendee_name"],
        "code": row["code"],
        "issue": row["ticket_issue"],
        "token": token_of(row),
        "page": f"/tickets/{row['code']}",
        "checked_in_at": row["checked_in_at"],
    }


@transaction.atomic
def reissue(*, ticket_id: UUID, by: Actor, at: datetime) -> Row:
    """Issue a ticket in place of the present one, which admits nobody from then on; its code goes with it.

    Raises:
        NotFound: there is none that the caller may see.
        NoTicket: the registration holds no seat.
    """
    selectors.known(ticket_id, reader=by, at=at)
    registration = Registration.objects.select_for_update(no_key=True).get(id=ticket_id)
    if registration.status != RegistrationStatus.CONFIRMED:
        raise NoTicket(f"The registration is {registration.status}")
    with connection.cursor() as cursor:
        cursor.execute(_REISSUE, {"code": new_code(), "at": at, "id": ticket_id})
    changes = {"issue": [registration.ticket_issue, registration.ticket_issue + 1]}
    record(
        TICKET_REISSUED, subject=registration, by=by, at=at, payload=registration_payload(registration), changes=changes
    )
    return ticket(ticket_id, reader=by, at=at)
