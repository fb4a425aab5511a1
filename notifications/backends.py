"""Ways for mails to leave, where Django's own tell too little: to a server, and into a folder."""

import smtplib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage
from django.core.mail.backends import smtp
from django.core.mail.backends.base import BaseEmailBackend

from kit import scope
from kit.ids import new_id


class Unheard(smtplib.SMTPException):
    """A message was handed over, and no answer came: nobody knows whether the server has taken it."""


class _Telling:
    """A connection to a server that tells apart what surely did not go out from what may have."""

    is_on_its_way = False

    def send(self, text: Any) -> None:
        # Commands are text; the message alone is bytes.
        self.is_on_its_way = self.is_on_its_way or isinstance(text, bytes)
        super().send(text)  # type: ignore[misc] # smtplib's

    def data(self, msg: Any) -> tuple[int, bytes]:
        self.is_on_its_way = False
        try:
            code, said = super().data(msg)  # type: ignore[misc] # smtplib's
        except (smtplib.SMTPException, OSError) as error:
            if self.is_on_its_way:
                raise Unheard(str(error)) from error
            raise
        if code // 100 not in {2, 4, 5}:
            raise Unheard(f"{code} {said!r}")
        # smtplib takes 250 alone for a success.
        return (250 if code // 100 == 2 else code), said  # noqa: PLR2004 - the class of an answer


class _Server(_Telling, smtplib.SMTP):
    pass


class _ServerOverTls(_Telling, smtplib.SMTP_SSL):
    pass


class SmtpBackend(smtp.EmailBackend):
    """Django's way to a server, which raises `Unheard` where a message may have gone out."""

    @property
    def connection_class(self) -> type[smtplib.SMTP]:
        """Give the class of connections."""
        return _ServerOverTls if self.use_ssl else _Server


class FolderBackend(BaseEmailBackend):
    """Writes each mail as a file of the organization's folder, for `/dev/mails` and for mail programs."""

    def send_messages(self, email_messages: Any) -> int:
        """Write the messages; tell how many."""
        folder = folder_of(scope.current())
        folder.mkdir(parents=True, exist_ok=True)
        for message in email_messages:
            _write(folder, message)
        return len(email_messages)


def folder_of(schema_name: str) -> Path:
    """Name the folder of an organization's mails."""
    return Path(settings.MAIL_FOLDER) / schema_name


def _write(folder: Path, message: EmailMessage) -> None:
    # Ids tell their age: the youngest has the last name. Renamed, so that nobody reads half of it.
    name = f"{datetime.now(UTC):%Y%m%dT%H%M%S}-{new_id()}"
    making = folder / f".{name}"
    making.write_bytes(message.message().as_bytes())
    making.rename(folder / f"{name}.eml")
