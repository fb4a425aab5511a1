"""REST: mails, and how they look."""

from uuid import UUID

from django.utils.timezone import now
from ninja import Query, Router, Status

from identity.authentication import TenantRequest, requires
from identity.rules import Operation
from kit.answers import Answer, listed
from kit.pagination import StretchOut
from notifications import selectors, services
from notifications.models import Mail, Style
from notifications.schemas import MailOut, MailsIn, StyleIn, StyleOut, TestMailIn

router = Router(tags=["Notifications"])
reads, writes = requires(Operation.NOTIFICATIONS_READ), requires(Operation.NOTIFICATIONS_WRITE)


@router.get("/notifications/mails", response=StretchOut[MailOut], auth=reads)
def list_mails(request: TenantRequest, query: Query[MailsIn]) -> Answer:
    """List the mails of the last 30 days, the newest first."""
    return listed(request, selectors.mails(query.filters(), query.cut(), at=now()))


@router.post("/notifications/mails/{uuid:mail_id}/send-again", response={202: MailOut}, auth=writes)
def send_mail_again(request: TenantRequest, mail_id: UUID) -> Status[Mail]:
    """Send a mail once more, whatever became of it: as a new one, which says what is true now."""
    return Status(202, services.send_again(mail_id=mail_id, by=request.actor, at=now()))


@router.post("/notifications/test-email", response={202: MailOut}, auth=writes)
def send_test_email(request: TenantRequest, payload: TestMailIn) -> Status[Mail]:
    """Have a mail sent that shows how mails look. Its status tells whether it went out."""
    return Status(202, services.send_test(to=payload.to, by=request.actor, at=now()))


@router.get("/notifications/settings", response=StyleOut, auth=reads)
def show_mail_settings(request: TenantRequest) -> Style:  # noqa: ARG001 - ninja passes it
    """Show how mails look, and which are not sent."""
    return selectors.style()


@router.patch("/notifications/settings", response=StyleOut, auth=writes)
def change_mail_settings(request: TenantRequest, payload: StyleIn) -> Style:
    """Change how mails look: the sender's name, where answers go, the colour; and which are not sent."""
    changes = payload.model_dump(exclude_unset=True)
    return services.update_style(changes=changes, by=request.actor, at=now())
