"""A mail server as there are: real SMTP on loopback, which takes, refuses, or falls silent."""

from collections.abc import Callable
from dataclasses import dataclass, field
from email.message import EmailMessage
from typing import Any, cast

from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Message
from aiosmtpd.smtp import SMTP

from dev.places import free_port


@dataclass
class MailServer:
    """Listens until `close`. `answers` says how a message is answered; nothing closes the connection unanswered."""

    answers: Callable[[Any], str | None] = lambda _: "250 taken"
    of_recipients: Callable[[str], str] = lambda _: "250 ok"
    heard: list[EmailMessage] = field(default_factory=list)
    port: int = field(default_factory=free_port)
    is_open: bool = True
    # For answers that come by turns.
    calls: list[bool] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._controller = Controller(_Handler(self), hostname="127.0.0.1", port=self.port)
        self._controller.start()

    def close(self) -> None:
        """Listen no more. Twice is as good as once."""
        if self.is_open:
            self.is_open = False
            self._controller.stop()


class _Handler(Message):
    def __init__(self, server: MailServer) -> None:
        super().__init__(EmailMessage)
        self._server = server

    async def handle_RCPT(self, _: SMTP, __: Any, envelope: Any, address: str, ___: Any) -> str:  # noqa: N802 - aiosmtpd's name
        answer = self._server.of_recipients(address)
        if answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, server: SMTP, session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
        self._server.heard.append(cast("EmailMessage", self.prepare_message(session, envelope)))
        answer = self._server.answers(envelope)
        if answer is None:
            cast("Any", server.transport).abort()
            return ""
        return answer

    def handle_message(self, message: Any) -> None:
        """Keep nothing: the server does."""
