from collections.abc import Callable
from typing import Any

import pytest
from django.core import mail
from django.core.mail import EmailMultiAlternatives

from journal import services as journal
from notifications.services import deliver

type Told = Callable[..., list[EmailMultiAlternatives]]


@pytest.fixture
def told(all_settled: None) -> Told:
    """Hand over the journal and send what is due; give the mails that went out since the last time."""

    def send(**how: Any) -> list[EmailMultiAlternatives]:
        before = len(mail.outbox)
        journal.dispatch()
        deliver(**how)
        return mail.outbox[before:]  # type: ignore[return-value] # all of ours are

    return send
