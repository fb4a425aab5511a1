"""What notifications write to the journal, and how they refuse."""

from journal.messages import EventType
from kit.errors import Conflict, FieldError, Invalid

STYLE_UPDATED = EventType("mail_style.updated", "How mails look, or which are sent, was changed.", is_public=False)
MAIL_SENT_AGAIN = EventType("mail.sent_again", "Somebody had a mail sent again.", is_public=False)
UNSUBSCRIBED = EventType("mail.unsubscribed", "Somebody wants no mails that can be left out.", is_public=False)
SUBSCRIBED = EventType("mail.subscribed", "Somebody wants all mails again.", is_public=False)


class NotSendable(Conflict):
    """The mail waits to be sent or is being sent, or enough like it were sent of late. Look again in a while."""

    code, title = "not_sendable", "The mail is not sent now"


def not_a_member() -> Invalid:
    """Refuse to send a test to somebody who is no member."""
    return Invalid.of([FieldError("#/to", "not_a_member", "a test goes to members of the organization alone")])


def recipient_needed() -> Invalid:
    """Ask for the recipient of a test, where the caller has no address."""
    return Invalid.of([FieldError("#/to", "required", "an API key has no address: say to which member it goes")])
