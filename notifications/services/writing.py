"""From what a mail says to the message that is sent: HTML and text, with the organization's name, colour and sender."""

from email.utils import formataddr, parseaddr
from typing import Any

from anymail.message import attach_inline_image
from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string

from notifications import selectors
from notifications.models import Mail, Style
from notifications.rules import UNSUBSCRIBABLE, Letter, ink_on, one_line
from notifications.words import LABELS
from tenants.selectors import Site


def message(mail: Mail, letter: Letter, *, style: Style, site: Site) -> EmailMultiAlternatives:
    """Write the message. The same mail has the same Message-ID each time."""
    words = {name: text.format(organization=site.name) for name, text in LABELS[site.locale].items()}
    address = parseaddr(settings.DEFAULT_FROM_EMAIL)[1]
    headers = {"Message-ID": f"<{mail.id}@{address.rpartition('@')[2]}>", "Auto-Submitted": "auto-generated"}
    leave = ""
    if mail.kind in UNSUBSCRIBABLE:
        leave = f"{site.url}/unsubscribe/{selectors.unsubscribe_token(mail.recipient)}"
        # RFC 8058: mail programs leave with one POST, without a page.
        headers |= {"List-Unsubscribe": f"<{leave}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}
    made = EmailMultiAlternatives(
        subject=letter.subject,
        from_email=formataddr((one_line(style.sender_name or site.name), address)),
        to=[mail.recipient],
        reply_to=[style.reply_to] if style.reply_to else None,
        headers=headers,
    )
    told: dict[str, Any] = {
        "letter": letter, "site": site, "words": words, "leave": leave, "language": site.locale,
        "colour": style.colour, "ink": ink_on(style.colour),
    }  # fmt: skip
    if letter.qr:
        told["image"] = attach_inline_image(made, letter.qr, filename="ticket.png", subtype="png")
    if letter.calendar:
        made.attach("event.ics", letter.calendar.decode(), "text/calendar; method=PUBLISH; charset=utf-8")
    made.body = render_to_string("notifications/mail.txt", told)
    made.attach_alternative(render_to_string("notifications/mail.html", told), "text/html")
    return made
