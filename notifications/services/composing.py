"""From a mail's row to what it says: found when it is sent, so that it says what is true then."""

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils import timezone, translation
from django.utils.formats import date_format

from attendance import selectors as attendance
from attendance import services as tickets
from attendance.messages import NoTicket
from attendance.models import Registration
from attendance.rules import RegistrationStatus
from catalog import selectors as catalogue
from catalog.schemas import calendars
from identity.models import User
from identity.services.passwords import reset_token
from journal.models import Entry
from kit.actor import SYSTEM
from kit.errors import Deleted, NotFound
from notifications.models import Mail
from notifications.rules import Letter, MailKind, greeted, one_line
from notifications.words import LABELS, LETTERS, REASONS, reason_in
from tenants.selectors import Site
from webhooks.models import Endpoint

# The status that makes a mail of a registration true.
_TRUE_WHILE = {
    MailKind.CONFIRMED: RegistrationStatus.CONFIRMED,
    MailKind.PROMOTED: RegistrationStatus.CONFIRMED,
    MailKind.WAITLISTED: RegistrationStatus.WAITLISTED,
    MailKind.CANCELLED: RegistrationStatus.CANCELLED,
}


class Outdated(Exception):  # noqa: N818 - what became of the mail
    """What the mail would say is true no more."""


def letter(mail: Mail, *, site: Site, at: datetime) -> Letter:
    """Write what a mail says, in the organization's language and time.

    Raises:
        Outdated: it is true no more.
    """
    with translation.override(site.locale), timezone.override(site.timezone):
        return _WRITERS[MailKind(mail.kind)](mail, site, at)


def _write(mail: Mail, site: Site, *, name: str = "", given: dict[str, Any] | None = None, **parts: Any) -> Letter:
    subject, title, paragraphs = LETTERS[site.locale][MailKind(mail.kind)]
    name = greeted(name)
    # Whoever is not called by name begins with a capital.
    told = {"organization": site.name, "who": f"{name}, " if name else "", **(given or {})}
    said = tuple(_capital(paragraph.format(**told)) for paragraph in paragraphs)
    return Letter(one_line(subject.format(**told)), title, said, **parts)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _subject(mail: Mail) -> UUID:
    if mail.subject_id is None:
        raise Outdated
    return mail.subject_id


def _of_registration(mail: Mail, site: Site, at: datetime) -> Letter:
    kind = MailKind(mail.kind)
    registration = Registration.objects.filter(id=_subject(mail), deleted_at=None).first()
    if registration is None or registration.status != _TRUE_WHILE[kind]:
        raise Outdated
    occasion = attendance.occasion(registration.event_id, registration.session_id)
    if occasion["ends_at"] <= at and kind is not MailKind.CANCELLED:
        raise Outdated
    given: dict[str, Any] = {"occasion": occasion["session"] or occasion["name"]}
    parts: dict[str, Any] = {"facts": _facts(occasion, site)}
    if kind is MailKind.CANCELLED:
        given["reason"] = _reason(mail, registration, site)
    elif kind is MailKind.WAITLISTED:
        given["position"] = attendance.known(registration.id, at=at)["waitlist_position"]
        if given["position"] is None:
            raise Outdated
        parts["code"] = registration.code
    else:
        parts |= _ticket(registration, site, at=at)
    return _write(mail, site, name=registration.attendee_name, given=given, **parts)


def _reason(mail: Mail, registration: Registration, site: Site) -> str:
    """Say why, if it was not the attendee who cancelled: theirs could be words to somebody else's address."""
    reason = registration.cancel_reason.rstrip(".")
    if reason not in REASONS:
        entry = Entry.objects.filter(id=mail.entry_id).first()
        is_own = entry is None or entry.actor_kind == "anonymous" or entry.actor_id == registration.user_id
        reason = "" if is_own else reason
    return f" {reason_in(site.locale, reason)}." if reason else ""


def _ticket(registration: Registration, site: Site, *, at: datetime) -> dict[str, Any]:
    """Give the parts of a letter that a ticket makes: its code, its picture, its page, and when to be there."""
    try:
        ticket = tickets.ticket_by_code(registration.code, at=at)
        calendar = _calendar(registration.event_id, registration.session_id, site, at=at)
    except (NotFound, Deleted, NoTicket) as error:
        raise Outdated from error
    return {
        "code": registration.code,
        "qr": tickets.qr(ticket["token"], "png"),
        "links": ((LABELS[site.locale]["ticket"], f"{site.url}{ticket['page']}"),),
        "calendar": calendar,
    }


def _calendar(event_id: UUID, session_id: UUID | None, site: Site, *, at: datetime) -> bytes:
    event = catalogue.event(event_id, reader=SYSTEM, at=at)
    if session_id is None:
        return calendars.calendar([event], name=site.name)
    return calendars.calendar_of_session(catalogue.session(session_id, reader=SYSTEM, at=at), event, name=site.name)


def _facts(occasion: dict[str, Any], site: Site) -> tuple[tuple[str, str], ...]:
    words = LABELS[site.locale]
    told = (
        (words["what"], occasion["name"]), (words["session"], occasion["session"]), (words["when"], _span(occasion)),
        (words["where"], occasion["place"]),
    )  # fmt: skip
    return tuple((label, value) for label, value in told if value)


def _span(occasion: dict[str, Any]) -> str:
    """Say from when to when, in the present language and time zone."""
    begin, end = timezone.localtime(occasion["starts_at"]), timezone.localtime(occasion["ends_at"])
    last = f"{end:%H:%M}" if begin.date() == end.date() else _moment(end)
    return f"{_moment(begin)} - {last} ({timezone.get_current_timezone_name()})"


def _moment(at: datetime) -> str:
    return f"{date_format(at, 'DATE_FORMAT')}, {at:%H:%M}"


def _of_change(mail: Mail, site: Site, at: datetime) -> Letter:
    is_session, subject = mail.kind == MailKind.SESSION_CHANGED, _subject(mail)
    try:
        event_id, session_id = (attendance.event_of(subject), subject) if is_session else (subject, None)
        occasion = attendance.occasion(event_id, session_id)
        calendar = _calendar(event_id, session_id, site, at=at)
    except (NotFound, Deleted) as error:
        raise Outdated from error
    mine = [one for one in attendance.live_of(mail.recipient) if subject in {one.event_id, one.session_id}]
    if not mine or occasion["ends_at"] <= at:
        raise Outdated
    given = {"occasion": occasion["session"] or occasion["name"]}
    name, facts = mine[0].attendee_name, _facts(occasion, site)
    return _write(mail, site, name=name, given=given, facts=facts, calendar=calendar)


def _codes(mail: Mail, site: Site, at: datetime) -> Letter:
    mine = [one for one in attendance.live_of(mail.recipient) if one.event.ends_at > at]
    if not mine:
        raise Outdated
    facts = tuple((str(one.session.title if one.session else one.event.name), one.code) for one in mine)
    links = tuple(
        (f"{LABELS[site.locale]['ticket']}: {one.code}", f"{site.url}/tickets/{one.code}")
        for one in mine
        if one.status == RegistrationStatus.CONFIRMED
    )
    return _write(mail, site, name=mine[0].attendee_name, facts=facts, links=links)


def _password(mail: Mail, site: Site, at: datetime) -> Letter:  # noqa: ARG001 - as all writers
    user = User.objects.filter(id=_subject(mail), is_active=True, email=mail.recipient).first()
    if user is None:
        raise Outdated
    links = ((LABELS[site.locale]["choose"], f"{site.url}/password/{reset_token(user)}"),)
    return _write(mail, site, name=user.name, links=links)


def _endpoint(mail: Mail, site: Site, at: datetime) -> Letter:  # noqa: ARG001 - as all writers
    endpoint = Endpoint.objects.filter(id=_subject(mail), is_enabled=False, deleted_at=None).first()
    if endpoint is None:
        raise Outdated
    return _write(mail, site, given={"url": endpoint.url, "reason": reason_in(site.locale, endpoint.disabled_reason)})


def _test(mail: Mail, site: Site, at: datetime) -> Letter:  # noqa: ARG001 - as all writers
    return _write(mail, site)


_WRITERS: dict[MailKind, Callable[[Mail, Site, datetime], Letter]] = {
    **dict.fromkeys(_TRUE_WHILE, _of_registration),
    MailKind.EVENT_CHANGED: _of_change,
    MailKind.SESSION_CHANGED: _of_change,
    MailKind.CODES: _codes,
    MailKind.PASSWORD_RESET: _password,
    MailKind.ENDPOINT_DISABLED: _endpoint,
    MailKind.TEST: _test,
}
