"""The tables of notifications: mails, how an organization's look, and who wants none that can be left out."""

from typing import ClassVar

from django.db import models

from kit.ids import new_id
from notifications.rules import COLOUR, MailKind, MailStatus


class Mail(models.Model):
    """One mail to one recipient. Its words are found when it is sent; kept for 30 days, as whom it went to is private.

    It is sent at most once. Before it is handed to the mail server, `handed_over` is committed; whoever dies before the
    answer leaves it so, and once its lease has ended it is `unsure`: it may have been sent, and is not sent again by
    itself.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    kind = models.CharField(max_length=30, choices=[(kind.value, kind.value) for kind in MailKind])
    recipient = models.EmailField(max_length=254)
    # The entry of the journal that it tells of, if any, and what that is about.
    entry_id = models.UUIDField(default=new_id)
    subject_id = models.UUIDField(null=True)
    # One of many that say the same: whatever answers to somebody goes first.
    is_bulk = models.BooleanField(default=False)
    status = models.CharField(
        max_length=12, choices=[(status.value, status.value) for status in MailStatus], default=MailStatus.PENDING
    )
    attempts = models.PositiveSmallIntegerField(default=0)
    # When it is due; of one that is being sent, when its lease ends.
    next_attempt_at = models.DateTimeField()
    error = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    sent_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["entry_id", "recipient"], name="one_mail_an_entry_and_recipient"),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["is_bulk", "next_attempt_at"],
                condition=models.Q(status__in=("pending", "handed_over")),
                name="notifications_mail_due",
            ),
            models.Index(fields=["recipient", "id"], name="notifications_mail_of"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} to {self.recipient}: {self.status}"


class Style(models.Model):
    """How an organization's mails look, and which it does without. There is one row."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    # The name that mails come from; the organization's own if empty.
    sender_name = models.CharField(max_length=100, blank=True)
    reply_to = models.EmailField(max_length=254, blank=True)
    colour = models.CharField(max_length=7, default=COLOUR)
    # Kinds that are not sent.
    kinds_off = models.JSONField(default=list, blank=True)

    class Meta:
        verbose_name_plural = "style"
        constraints: ClassVar = [models.CheckConstraint(condition=models.Q(id=1), name="one_style")]

    def __str__(self) -> str:
        return "How mails look"


class Unsubscription(models.Model):
    """Somebody who wants no mails that can be left out."""

    email = models.EmailField(max_length=254, primary_key=True)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return self.email
