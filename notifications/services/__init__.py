"""Mails: made of entries of the journal, written, sent, and kept for a while."""

from notifications.services.delivering import deliver, deliver_if_due
from notifications.services.fanning import fan_out
from notifications.services.keeping import (
    forget_old,
    send_again,
    send_test,
    subscribe,
    unsubscribe,
    update_style,
)

__all__ = [
    "deliver", "deliver_if_due", "fan_out", "forget_old", "send_again", "send_test", "subscribe", "unsubscribe",
    "update_style",
]  # fmt: skip
