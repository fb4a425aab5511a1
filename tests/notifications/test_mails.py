"""Who is told what by mail, in which words, once."""

from datetime import timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import pytest
from django.core.mail import EmailMultiAlternatives
from django.test import Client
from django.utils.timezone import now

from attendance.models import Registration
from attendance.services import cancel_called_off
from attendance.tasks import send_codes
from catalog.rules import Stage
from catalog.services import cancel_event, publish_event, update_event, update_session
from identity.tasks import mail_reset
from journal import services as journal
from journal.models import Entry
from kit import scope
from kit.actor import SYSTEM
from kit.ids import new_id
from notifications import services
from notifications.models import Mail, Style, Unsubscription
from notifications.rules import FRESH_FOR
from tenants.models import Organization
from tests.conftest import Api, Callers, Members
from tests.factories import NOW, make_event, make_registration, make_session
from tests.notifications.conftest import Told
from webhooks.models import Delivery, Endpoint
from webhooks.rules import Outcome
from webhooks.services.settling import Claimed, settle

ANA = {"name": "Ana Gil", "email": "ana@example.com"}


def reserved(anonymous: Api, event: Any) -> dict[str, Any]:
    answer: dict[str, Any] = anonymous.post(f"/events/{event.id}/reserve", ANA).json()
    return answer


def html_of(message: EmailMultiAlternatives) -> str:
    ((content, kind),) = message.alternatives
    assert kind == "text/html"
    return str(content)


def as_sent(message: EmailMultiAlternatives) -> EmailMessage:
    return message_from_bytes(message.message().as_bytes(), policy=policy.default)


def test_a_confirmed_guest_gets_the_ticket(anonymous: Api, told: Told) -> None:
    event = make_event(name="Foro <2027>", place="Ágora")
    code = reserved(anonymous, event)["code"]
    (message,) = told()
    assert (message.to, message.subject) == (["ana@example.com"], "Su lugar en Foro <2027>")
    assert message.from_email == "Acme <no-reply@localhost>"
    for said in (str(message.body), html_of(message)):
        assert f"http://acme.localhost/tickets/{code}" in said
        assert "Ágora" in said
        assert "Ana Gil" in said
    assert "Foro &lt;2027&gt;" in html_of(message)
    assert "Foro <2027>" in str(message.body)
    parts = {part.get_content_type(): part for part in as_sent(message).iter_attachments()}
    assert set(parts) == {"image/png", "text/calendar"}
    assert f"cid:{parts['image/png']['content-id'].strip('<>')}" in html_of(message)
    assert f"UID:{event.id}@aforo" in parts["text/calendar"].get_content().replace("\r\n ", "")
    assert Client(headers={"host": "acme.localhost"}).get(f"/tickets/{code}").status_code == 200
    assert "List-Unsubscribe" not in message.extra_headers


def test_an_entry_is_told_once_however_often_it_is_read(anonymous: Api, told: Told) -> None:
    reserved(anonymous, make_event())
    assert len(told()) == 1
    services.fan_out(list(Entry.objects.all()))
    assert told() == []
    assert list(Mail.objects.values_list("status", "attempts")) == [("sent", 1)]


def test_what_happened_long_ago_is_told_to_nobody(anonymous: Api, told: Told) -> None:
    reserved(anonymous, make_event())
    entries = list(Entry.objects.filter(type="registration.confirmed"))
    entries[0].occurred_at -= FRESH_FOR
    services.fan_out(entries)
    assert not Mail.objects.exists()


def test_the_waitlist_is_told_its_number_and_then_its_seat(acme: Organization, told: Told) -> None:
    event = make_event(capacity=1, has_waitlist=True)
    first, waiting = make_registration(event), make_registration(event, email="b@example.com")
    kinds = {message.to[0]: message for message in told()}
    assert "el número 1 de la lista de espera" in str(kinds["b@example.com"].body)
    from attendance.services import cancel  # noqa: PLC0415

    cancel(registration_id=first.id, by=SYSTEM, at=NOW)
    later = {message.to[0]: message for message in told()}
    assert later["b@example.com"].subject.startswith("Hay un lugar para usted")
    assert later[first.attendee_email].subject.startswith("Cancelado")
    waiting.refresh_from_db()
    assert f"/tickets/{waiting.code}" in str(later["b@example.com"].body)


def test_what_is_true_no_more_is_not_said(acme: Organization, told: Told) -> None:
    registration = make_registration(make_event())
    from attendance.services import cancel  # noqa: PLC0415

    cancel(registration_id=registration.id, by=SYSTEM, at=NOW)
    (message,) = told()
    assert message.subject.startswith("Cancelado")
    assert dict(Mail.objects.values_list("kind", "status")) == {"confirmed": "outdated", "cancelled": "sent"}


def test_a_cancelled_event_is_told_with_the_reason(acme: Organization, told: Told) -> None:
    event = make_event()
    registrations = [make_registration(event) for _ in range(3)]
    told()
    cancel_event(event_id=event.id, by=SYSTEM, at=NOW)
    cancel_called_off(at=NOW)
    messages = told()
    assert {message.to[0] for message in messages} == {one.attendee_email for one in registrations}
    assert all("El evento fue cancelado." in str(message.body) for message in messages)


def test_whoever_comes_is_told_of_changes_that_matter(acme: Organization, told: Told) -> None:
    event = make_event(place="Here")
    confirmed = make_registration(event)
    told()
    update_event(event_id=event.id, changes={"description": "Better"}, by=SYSTEM, at=NOW)
    assert told() == []
    update_event(event_id=event.id, changes={"place": "There"}, by=SYSTEM, at=NOW)
    (message,) = told()
    assert message.to == [confirmed.attendee_email]
    assert "There" in str(message.body)
    assert [part.get_content_type() for part in as_sent(message).iter_attachments()] == ["text/calendar"]
    assert message.extra_headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


def test_whoever_comes_to_a_session_is_told_when_it_moves(acme: Organization, told: Told) -> None:
    span = {"starts_at": NOW + timedelta(days=1), "ends_at": NOW + timedelta(days=9)}
    event = make_event(stage=None, admission="session", **span)
    session = make_session(event, title="Redes", ends_at=event.starts_at + timedelta(hours=1))
    publish_event(event_id=event.id, stage=Stage.ON_SALE, by=SYSTEM, at=NOW)
    registration = make_registration(event, session=session)
    told()
    moved = {"starts_at": session.starts_at + timedelta(days=1), "ends_at": session.ends_at + timedelta(days=1)}
    update_session(session_id=session.id, changes=moved, by=SYSTEM, at=NOW)
    (message,) = told()
    assert (message.to, message.subject) == ([registration.attendee_email], "Cambios en Redes")


def leave_address(message: EmailMultiAlternatives) -> str:
    return str(message.extra_headers["List-Unsubscribe"]).strip("<>").removeprefix("http://acme.localhost")


def test_changes_can_be_left_and_taken_up_again(acme: Organization, globex: Organization, told: Told) -> None:
    event = make_event()
    make_registration(event, email="ana@example.com")
    told()
    update_event(event_id=event.id, changes={"place": "There"}, by=SYSTEM, at=NOW)
    address = leave_address(told()[0])
    client, other = (
        Client(headers={"host": f"{slug}.localhost"}, enforce_csrf_checks=True) for slug in ("acme", "globex")
    )
    assert "No más de estos" in client.get(address).content.decode()
    assert not Unsubscription.objects.exists(), "to look is not to leave"
    assert client.post(address, {"List-Unsubscribe": "One-Click"}).status_code == 200
    assert other.get(address).status_code == 404
    assert other.post(address).status_code == 404
    assert client.post(f"{address}x").status_code == 404
    with scope.entered(globex.schema_name):
        assert not Unsubscription.objects.exists()
    update_event(event_id=event.id, changes={"place": "Elsewhere"}, by=SYSTEM, at=NOW)
    assert told() == []
    assert client.post(address, {"back": "1"}).status_code == 200
    update_event(event_id=event.id, changes={"place": "At last"}, by=SYSTEM, at=NOW)
    assert len(told()) == 1


def test_an_organization_does_without_kinds_and_looks_as_it_wants(caller: Callers, told: Told) -> None:
    admin = caller("admin")
    style = {"sender_name": "Acme Eventos", "reply_to": "hola@acme.example", "colour": "#ffcc00"}
    changed = admin.patch("/notifications/settings", {**style, "kinds_off": ["waitlisted"]}, seen=None)
    assert changed.json() == {**style, "kinds_off": ["waitlisted"]}
    assert admin.get("/notifications/settings").json() == changed.json()
    event = make_event(capacity=1, has_waitlist=True)
    make_registration(event)
    make_registration(event)
    (message,) = told()
    assert (message.from_email, message.reply_to) == ("Acme Eventos <no-reply@localhost>", ["hola@acme.example"])
    assert "background:#ffcc00;color:#000000" in html_of(message)
    for wrong in ({"colour": "red"}, {"kinds_off": ["codes"]}, {"reply_to": "x"}, {"sender": "x"}):
        assert admin.patch("/notifications/settings", wrong, seen=None).status_code == 422
    assert Style.objects.get().colour == "#ffcc00"


@pytest.mark.parametrize("name", ["Win at http://evil.example", "evil.example", "<b>Ana</b>", "A" * 70, "a@b"])
def test_a_guest_cannot_have_advertisements_sent(acme: Organization, told: Told, name: str) -> None:
    make_registration(make_event(), name=name)
    (message,) = told()
    assert name not in str(message.body)
    assert str(message.body).count("evil") == 0


def test_english_is_spoken_where_it_is_spoken(globex: Organization, told: Told) -> None:
    with scope.entered(globex.schema_name):
        make_registration(make_event(name="Forum"))
        (message,) = told()
    assert message.subject == "Your place at Forum"
    assert "You are in" in html_of(message)


def test_codes_and_passwords_are_mailed_to_whoever_has_them(
    acme: Organization, member: Members, told: Told, anonymous: Api
) -> None:
    registration = make_registration(make_event(name="Foro"), email="ana@example.com")
    user = member(acme, "organizer")
    told()
    for email in ("ana@example.com", "nobody@example.com"):
        send_codes(schema_name="t_acme", email=email)
        mail_reset(schema_name="t_acme", email=email)
    mail_reset(schema_name="t_acme", email=user.email)
    codes, password = sorted(told(), key=lambda message: message.to != ["ana@example.com"])
    assert registration.code in str(codes.body)
    assert f"/tickets/{registration.code}" in str(codes.body)
    assert password.to == [user.email]
    assert "http://acme.localhost/password/" in str(password.body)
    assert "/password/" not in str(list(Entry.objects.values_list("payload", flat=True)))
    assert len(Mail.objects.filter(kind__in=("codes", "password_reset"))) == 2
    # Nobody's mailbox is filled from here.
    for _ in range(5):
        send_codes(schema_name="t_acme", email="ana@example.com")
    assert len(told()) == 2


def test_a_test_goes_to_members_alone(caller: Callers, member: Members, acme: Organization, told: Told) -> None:
    user = member(acme, "admin")
    admin = caller(user=user)
    made = admin.post("/notifications/test-email")
    assert (made.status_code, made.json()["status"], made.json()["recipient"]) == (202, "pending", user.email)
    (message,) = told()
    assert (message.to, message.subject) == ([user.email], "Una prueba de Acme")
    (listed,) = admin.get("/notifications/mails?kind=test").json()["items"]
    assert (listed["id"], listed["status"]) == (made.json()["id"], "sent")
    refused = admin.post("/notifications/test-email", {"to": "stranger@example.com"})
    assert (refused.status_code, refused.json()["errors"][0]["code"]) == (422, "not_a_member")
    assert caller("organizer").post("/notifications/test-email").status_code == 403


def test_a_mail_is_sent_again_as_a_new_one(caller: Callers, told: Told) -> None:
    registration: Registration = make_registration(make_event())
    admin = caller("admin")
    assert admin.get("/notifications/mails").json()["items"] == []
    told()
    (first,) = admin.get(f"/notifications/mails?recipient={registration.attendee_email}").json()["items"]
    again = admin.post(f"/notifications/mails/{first['id']}/send-again")
    assert (again.status_code, again.json()["status"]) == (202, "pending")
    waiting = admin.post(f"/notifications/mails/{again.json()['id']}/send-again")
    assert (waiting.status_code, waiting.json()["code"]) == (409, "not_sendable")
    assert len(told()) == 1
    assert Mail.objects.filter(status="sent").count() == 2


def test_old_mails_are_forgotten(acme: Organization, told: Told) -> None:
    make_registration(make_event())
    told()
    services.fan_out([])
    assert services.forget_old(at=now() + timedelta(days=29)) == 0
    assert services.forget_old(at=now() + timedelta(days=31)) == 1


def test_admins_are_told_that_an_endpoint_has_stopped(acme: Organization, member: Members, told: Told) -> None:
    endpoint = Endpoint.objects.create(url="https://crm.example/hook", secret=b"", is_enabled=True)
    admin = member(acme, "admin")
    member(acme, "organizer")
    told()
    failed = Outcome(410, 1)
    made = Delivery.objects.create(**delivery(endpoint))
    settle([(Claimed(made.id, endpoint.id, 0, made.next_attempt_at), failed)], at=now())
    messages = told()
    assert {message.to[0] for message in messages} == {admin.email, "owner@acme.example"}
    assert all("Respondió que ya no existe (410)." in str(message.body) for message in messages)


def delivery(endpoint: Endpoint) -> dict[str, Any]:
    return {"endpoint": endpoint, "entry_id": new_id(), "type": "event.created", "next_attempt_at": now()}


def test_of_many_changes_the_last_is_told_to_however_many(acme: Organization, told: Told) -> None:
    event = make_event()
    registration = make_registration(event)
    told()
    for place in ("A", "B", "C"):
        update_event(event_id=event.id, changes={"place": place}, by=SYSTEM, at=NOW)
    (message,) = told()
    assert "C" in str(message.body)
    # Of two that come one behind the other, before a mail was sent, one is told.
    for place in ("D", "E"):
        update_event(event_id=event.id, changes={"place": place}, by=SYSTEM, at=NOW)
        journal.dispatch()
    (message,) = told()
    assert message.to == [registration.attendee_email]


def test_more_recipients_than_a_statement_has_parameters(acme: Organization, monkeypatch: pytest.MonkeyPatch) -> None:
    event = make_event()
    monkeypatch.setattr(
        "attendance.selectors.attendees", lambda **_: [f"{number}@example.com" for number in range(70_000)]
    )
    entry = Entry(type="event.updated", subject_id=event.id, changes={"place": []}, occurred_at=now())
    services.fan_out([entry])
    assert Mail.objects.count() == 70_000


@pytest.mark.parametrize("is_own", [True, False])
def test_a_reason_is_told_if_others_gave_it(
    acme: Organization,
    member: Members,
    caller: Callers,
    told: Told,
    is_own: bool,  # noqa: FBT001 - of pytest
) -> None:
    attendee = member(acme, "attendee")
    event = make_event()
    made = caller(user=attendee).post(f"/events/{event.id}/register").json()
    told()
    by = caller(user=attendee) if is_own else caller("organizer")
    body = {"reason": "You won, claim at evil.example"}
    assert by.post(f"/registrations/{made['id']}/cancel", body).status_code == 200
    (message,) = told()
    assert ("You won" in str(message.body)) is not is_own


def test_nobodys_mailbox_is_filled_by_reserving(acme: Organization, anonymous: Api, told: Told) -> None:
    event = make_event()
    for _ in range(15):
        code = anonymous.post(f"/events/{event.id}/reserve", ANA).json()["code"]
        anonymous.post("/registrations/cancel", {"email": ANA["email"], "code": code})
    told()
    assert Mail.objects.filter(status="failed").count() == 10
    assert Mail.objects.exclude(status="failed").count() == 20


def test_whoever_left_is_not_told_what_still_waited(acme: Organization, told: Told) -> None:
    event = make_event()
    make_registration(event, email="ana@example.com")
    told()
    update_event(event_id=event.id, changes={"place": "There"}, by=SYSTEM, at=NOW)
    journal.dispatch()
    Unsubscription.objects.create(email="ana@example.com", at=NOW)
    assert told() == []


def test_mails_are_not_sent_again_without_end(caller: Callers, told: Told) -> None:
    registration = make_registration(make_event())
    admin = caller("admin")
    told()
    first = Mail.objects.get(recipient=registration.attendee_email)
    statuses = []
    for _ in range(5):
        statuses.append(admin.post(f"/notifications/mails/{first.id}/send-again").status_code)
        told()
    assert statuses == [202, 202, 202, 409, 409]


def test_without_a_style_there_is_one(acme: Organization, told: Told) -> None:
    Style.objects.all().delete()
    make_registration(make_event())
    assert len(told()) == 1
