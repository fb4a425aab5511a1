"""Handing mails over: at most once, tried again where it surely failed, whatever the server does."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from anymail.exceptions import (
    AnymailAPIError,
    AnymailRecipientsRefused,
    AnymailRequestsAPIError,
)
from django.core.mail.backends.locmem import EmailBackend
from django.test import Client
from django.utils.timezone import now

from attendance.models import Registration
from kit.turns import turn
from notifications.backends import Unheard
from notifications.models import Mail
from notifications.rules import MailStatus
from notifications.services import deliver, deliver_if_due, delivering
from notifications.services.composing import letter
from tenants.models import Organization
from tests.conftest import committed
from tests.factories import make_event, make_registration
from tests.notifications.server import MailServer

type Due = Callable[..., Mail]


@pytest.fixture(autouse=True)
def _rested(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delivering._Rest, "until", 0.0)


@pytest.fixture
def due(acme: Organization) -> Due:
    """Have a test mail wait."""

    def make(**fields: Any) -> Mail:
        return Mail.objects.create(
            **{"kind": "test", "recipient": "ana@example.com", "next_attempt_at": now(), **fields}
        )

    return make


@pytest.fixture
def server(settings: Any) -> Iterator[MailServer]:
    made = MailServer()
    settings.EMAIL_BACKEND = "notifications.backends.SmtpBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_TIMEOUT = "127.0.0.1", made.port, 2
    yield made
    made.close()


def dies(*_: Any, **__: Any) -> None:
    raise KeyboardInterrupt


def state(mail: Mail) -> tuple[str, int]:
    mail.refresh_from_db()
    return mail.status, mail.attempts


def test_mails_go_over_one_connection_and_bear_their_own_ids(due: Due, server: MailServer) -> None:
    mails = [due(recipient=f"{number}@example.com") for number in range(25)]
    assert deliver() == 25
    assert {message["Message-ID"] for message in server.heard} == {f"<{mail.id}@localhost>" for mail in mails}
    assert {state(mail) for mail in mails} == {("sent", 1)}
    assert deliver() == 0


def test_what_the_server_does_not_take_now_is_tried_again(due: Due, server: MailServer) -> None:
    mail, at = due(), now()
    server.answers = lambda _: "451 later"
    deliver(at=at)
    assert state(mail) == ("pending", 1)
    assert "451" in mail.error
    assert deliver(at=at + timedelta(seconds=4)) == 0
    server.answers = lambda _: "250 taken"
    assert deliver(at=at + timedelta(seconds=6)) == 1
    assert state(mail) == ("sent", 2)


@pytest.mark.parametrize("code", ["550 nobody", "554 never"])
def test_what_is_refused_for_good_is_not_tried_again(due: Due, server: MailServer, code: str) -> None:
    mail, other = due(), due(recipient="other@example.com")
    server.of_recipients = lambda address: code if address == mail.recipient else "250 ok"
    assert deliver() == 2
    assert (state(mail), state(other)) == (("failed", 1), ("sent", 1))
    assert deliver(at=now() + timedelta(days=5)) == 0


def test_whoever_takes_it_and_falls_silent_gets_it_once(due: Due, server: MailServer) -> None:
    mail, other = due(), due(recipient="other@example.com")
    server.answers = lambda envelope: None if mail.recipient in envelope.rcpt_tos else "250 taken"
    deliver()
    assert state(mail) == ("unsure", 1)
    deliver(at=now() + timedelta(days=1))
    assert sum(message["To"] == mail.recipient for message in server.heard) == 1
    # The connection was lost with it: the other one is tried anew.
    assert state(other)[0] == "sent"


def test_a_server_that_is_away_delays_and_loses_nothing(due: Due, server: MailServer, settings: Any) -> None:
    mails, at = [due() for _ in range(3)], now()
    server.close()
    assert deliver(at=at) == 3
    assert [state(mail) for mail in mails] == [("pending", 0)] * 3, "nobody was asked: that is no attempt"
    assert deliver(at=at + timedelta(seconds=20)) == 0, "it is left alone for a while"
    delivering._Rest.until = 0.0
    deliver(at=at + timedelta(days=5))
    assert [state(mail)[0] for mail in mails] == ["failed"] * 3, "and given up after days"
    delivering._Rest.until = 0.0
    late = due()
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    assert deliver() == 1
    assert state(late) == ("sent", 1)


def test_whoever_dies_while_handing_over_sends_nothing_twice(
    due: Due, server: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    mail, at = due(), now()

    with monkeypatch.context() as patch:
        patch.setattr(delivering, "_settle", dies)
        with pytest.raises(KeyboardInterrupt):
            deliver(at=at)
    assert state(mail) == ("handed_over", 0)
    assert len(server.heard) == 1
    assert deliver(at=at + timedelta(seconds=30)) == 0
    deliver(at=at + delivering.LEASE + timedelta(seconds=1))
    assert state(mail) == ("unsure", 0)
    assert len(server.heard) == 1


def test_whoever_dies_before_handing_over_loses_nothing(
    due: Due, server: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    mail, at = due(), now()

    with monkeypatch.context() as patch:
        patch.setattr(delivering, "_hand_over", dies)
        with pytest.raises(KeyboardInterrupt):
            deliver(at=at)
    assert deliver(at=at + delivering.LEASE + timedelta(seconds=1)) == 1
    assert state(mail) == ("sent", 1)


def test_whoever_has_lost_the_lease_hands_nothing_over(due: Due, server: MailServer) -> None:
    mail = due()
    stale = Mail.objects.get()
    mail.next_attempt_at += timedelta(seconds=1)
    mail.save()
    delivering._hand_over(None, stale, None, now)  # type: ignore[arg-type] # nothing is touched
    assert state(mail) == ("pending", 0)
    # Nor does it say what became of a mail that somebody else has sent since.
    Mail.objects.update(status="sent")
    delivering._settle(stale, delivering.Outcome(MailStatus.PENDING), delivering._mine(stale), at=now())
    assert state(mail) == ("sent", 0)


def test_an_organization_has_one_pass_of_a_process(due: Due, server: MailServer) -> None:
    due()
    with turn("notifications.deliver"):
        assert deliver() == 0
    assert deliver() == 1


def _answered(status: int) -> AnymailRequestsAPIError:
    error = AnymailRequestsAPIError("no", response=None)
    error.status_code = status
    error.response = type("Response", (), {"reason": "no", "text": "no", "json": lambda _: {}})()
    return error


def _unreached() -> AnymailRequestsAPIError:
    class NewConnectionError(Exception):
        """As urllib3 calls it."""

    error = AnymailRequestsAPIError("nobody there")
    error.__cause__ = NewConnectionError()
    return error


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (Unheard("silence"), "unsure"),
        (AnymailRequestsAPIError("silence"), "unsure"),
        (AnymailRecipientsRefused("nobody"), "failed"),
        (_unreached(), "pending"),
        (_answered(200), "unsure"),
        (_answered(400), "failed"),
        (_answered(401), "pending"),
        (_answered(429), "pending"),
        (_answered(503), "pending"),
        (_answered(504), "unsure"),
        (AnymailAPIError("silence of another kind"), "unsure"),
        (ConnectionRefusedError("away"), "pending"),
    ],
)
def test_what_providers_say_is_read(due: Due, monkeypatch: pytest.MonkeyPatch, error: Exception, status: str) -> None:
    def fails(*_: Any) -> int:
        raise error

    monkeypatch.setattr(EmailBackend, "send_messages", fails)
    mail = due()
    deliver()
    assert state(mail) == (status, 1)


def test_the_sweep_finds_what_nobody_was_sent_for(due: Due, sent: list[Any], acme: Organization) -> None:
    assert not deliver_if_due()
    due(next_attempt_at=now() + timedelta(minutes=5))
    assert not deliver_if_due()
    left = due(recipient="b@example.com", status="handed_over", next_attempt_at=now() - timedelta(seconds=1))
    assert deliver_if_due()
    assert sent == [("notifications.deliver", {"schema_name": acme.schema_name})]
    deliver()
    assert state(left) == ("unsure", 0)


def test_what_is_due_soon_has_a_task_sent_for_it(due: Due, server: MailServer, sent: list[Any]) -> None:
    due()
    server.answers = lambda _: "451 later"
    deliver()
    committed()
    assert [name for name, _ in sent] == ["notifications.deliver"]


def test_one_that_cannot_be_written_keeps_the_others_from_nothing(
    due: Due, server: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    poison, other = due(), due(recipient="other@example.com")

    def fails(mail: Mail, **how: Any) -> Any:
        if mail.id == poison.id:
            raise ZeroDivisionError
        return letter(mail, **how)

    monkeypatch.setattr(delivering, "letter", fails)
    assert deliver() == 2
    assert (state(poison), state(other)) == (("pending", 1), ("sent", 1))


def test_what_fails_in_a_way_that_nobody_knows_may_have_been_sent(due: Due, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: Any) -> int:
        raise ZeroDivisionError

    monkeypatch.setattr(EmailBackend, "send_messages", fails)
    mail = due()
    deliver()
    assert state(mail) == ("unsure", 1)


def test_while_debugging_mails_are_files_that_are_shown_at_home_alone(
    due: Due, settings: Any, tmp_path: Path, acme: Organization
) -> None:
    settings.EMAIL_BACKEND, settings.MAIL_FOLDER = "notifications.backends.FolderBackend", str(tmp_path)
    make_registration(make_event(name="Foro de Energía", place="Ágora"), email="ana@example.com")
    settings.DEBUG = True
    mail = due(kind="confirmed", recipient="ana@example.com", subject_id=Registration.objects.get().id)
    deliver()
    assert state(mail) == ("sent", 1)
    here, elsewhere = (Client(headers={"host": f"{slug}.localhost"}) for slug in ("acme", "globex"))
    (file,) = (tmp_path / acme.schema_name).glob("*.eml")
    assert "Foro de Energía" in here.get("/dev/mails/").content.decode()
    shown = here.get(f"/dev/mails/{file.stem}")
    assert "data:image/png;base64," in shown.content.decode()
    assert "sandbox" in shown["Content-Security-Policy"]
    assert "Ágora" in here.get(f"/dev/mails/{file.stem}?as=text").content.decode()
    assert b"Message-ID" in here.get(f"/dev/mails/{file.stem}?as=source").content
    assert "Foro" not in elsewhere.get("/dev/mails/").content.decode()
    for name in (file.stem, "..%2f..%2fsecret", f"..%2f{acme.schema_name}%2f{file.stem}"):
        assert elsewhere.get(f"/dev/mails/{name}").status_code == 404
    settings.DEBUG = False
    assert here.get("/dev/mails/").status_code == 404
    assert here.get(f"/dev/mails/{file.stem}").status_code == 404


def test_a_server_that_hangs_up_after_some_is_called_again(due: Due, server: MailServer) -> None:
    mails = [due(recipient=f"{number}@example.com") for number in range(6)]
    server.of_recipients = lambda _: "421 enough" if len(server.heard) % 3 == 2 and not server.calls.pop() else "250 ok"
    server.calls = [True, False] * 20
    deliver()
    assert sum(state(mail) == ("sent", 1) for mail in mails) >= 4
    assert all(mail.attempts <= 1 for mail in mails), "the others lose no attempt by it"


@pytest.mark.parametrize(
    ("answer", "status"), [("251 forwarded", "sent"), ("299 odd", "sent"), ("199 odder", "unsure")]
)
def test_odd_answers_are_read_as_what_they_are(due: Due, server: MailServer, answer: str, status: str) -> None:
    mail = due()
    server.answers = lambda _: answer
    deliver()
    assert state(mail) == (status, 1)
    assert len(server.heard) == 1


def test_what_answers_to_somebody_goes_before_what_is_told_to_many(due: Due, server: MailServer) -> None:
    for number in range(3):
        due(recipient=f"{number}@example.com", is_bulk=True)
    due(recipient="first@example.com")
    deliver()
    assert server.heard[0]["To"] == "first@example.com"


def test_an_address_that_cannot_be_written_is_told_so(due: Due, server: MailServer) -> None:
    mail = due(recipient="ñandú@example.com")
    deliver()
    assert state(mail) == ("failed", 1)
    assert server.heard == []
