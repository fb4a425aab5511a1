"""Attendance's tables."""

from typing import ClassVar

from django.conf import settings
from django.contrib.postgres.fields import DateTimeRangeField
from django.db import models
from django.db.models import Q

from attendance.rules import RegistrationStatus, Verdict
from catalog.models import Event, SeatPool, Session
from kit.models import DeletableRow, Row

ONE_LIVE_REGISTRATION = "one_live_registration_per_attendee_and_pool"
ONE_PLACE_AT_A_TIME = "one_place_at_a_time"
ONE_ADMISSION = "one_admission_per_ticket"
ONE_SCAN_OF_A_NONCE = "one_scan_of_a_nonce"

_LIVE = ~Q(status=RegistrationStatus.CANCELLED) & Q(deleted_at=None)


class Registration(DeletableRow):
    """One attendee's claim on one seat of one pool, and the ticket that proves it.

    The attendee is whoever owns the e-mail; `user` is the account that registered them for itself, if any.
    Nobody is in two sessions at once: an exclusion constraint over the attendee and the time (migration 0004).
    """

    # The unique constraint, the exclusion constraint and the order of an event's list are the only ways in: every
    # other index would be written with each registration, and read by nobody.
    event = models.ForeignKey(Event, on_delete=models.PROTECT, related_name="registrations", db_index=False)
    session = models.ForeignKey(
        Session, on_delete=models.PROTECT, null=True, blank=True, related_name="registrations", db_index=False
    )
    pool = models.ForeignKey(SeatPool, on_delete=models.PROTECT, related_name="registrations", db_index=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="registrations"
    )
    attendee_name = models.CharField(max_length=200)
    attendee_email = models.EmailField(max_length=254)
    # The name without case and accents, and the e-mail: what lists are searched by.
    search_text = models.TextField(default="", db_default="", editable=False)
    role_text = models.CharField(max_length=200, blank=True)
    status = models.CharField(max_length=10, choices=[(status.value, status.value) for status in RegistrationStatus])
    waitlist_number = models.PositiveIntegerField(null=True)
    # The session's time, as long as nobody else may have the attendee then.
    during = DateTimeRangeField(null=True, editable=False)
    # What stands on the ticket, and its issue, which grows when another is issued in place of it.
    code = models.CharField(max_length=12)
    ticket_issue = models.PositiveSmallIntegerField(default=1, db_default=1)
    # The transaction that last took a ticket's force away, by cancelling it or by issuing another.
    revoked_xid = models.BigIntegerField(null=True, editable=False)
    source = models.CharField(max_length=20, default="api")
    cancelled_at = models.DateTimeField(null=True)
    cancel_reason = models.CharField(max_length=200, blank=True, default="", db_default="")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["pool", "attendee_email"], condition=_LIVE, name=ONE_LIVE_REGISTRATION),
            models.UniqueConstraint(fields=["code"], name="one_registration_of_a_code"),
            models.CheckConstraint(
                condition=Q(status__in=list(RegistrationStatus)), name="registration_status_is_known"
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["pool", "waitlist_number"],
                condition=Q(status=RegistrationStatus.WAITLISTED),
                name="registration_waitlist",
            ),
            models.Index(fields=["event", "id"], name="registration_of_event"),
            models.Index(fields=["updated_at", "id"], name="registration_changes"),
            models.Index(
                fields=["event", "revoked_xid"], condition=Q(revoked_xid__isnull=False), name="registration_revoked"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.attendee_name} ({self.status})"

    @property
    def waitlist_position(self) -> int | None:
        """Tell the place in the queue, from 1, if the list counted it."""
        return getattr(self, "listed_position", None)


class CheckIn(Row):
    """One scan of a ticket at a door, and what was said of it. Kept whatever the verdict, but for codes of nobody."""

    registration = models.ForeignKey(Registration, on_delete=models.PROTECT, related_name="check_ins", db_index=False)
    # The ticket's: what is counted.
    event_id = models.UUIDField()
    pool_id = models.UUIDField()
    verdict = models.CharField(max_length=20, choices=[(verdict.value, verdict.value) for verdict in Verdict])
    # The scanner's own name for this scan: the same one is answered as before.
    nonce = models.CharField(max_length=64)
    device = models.CharField(max_length=100, blank=True)
    gate = models.CharField(max_length=100, blank=True)
    # By the device's clock, if it was offline; else as received.
    scanned_at = models.DateTimeField()
    is_offline = models.BooleanField(default=False)
    by_id = models.UUIDField(null=True)
    undone_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["registration"],
                condition=Q(verdict=Verdict.ADMITTED, undone_at=None),
                name=ONE_ADMISSION,
            ),
            models.UniqueConstraint(fields=["nonce"], name=ONE_SCAN_OF_A_NONCE),
            models.CheckConstraint(condition=Q(verdict__in=list(Verdict)), name="check_in_verdict_is_known"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["registration", "scanned_at"], name="check_in_of_ticket"),
            models.Index(fields=["event_id", "id"], name="check_in_of_event"),
        ]

    def __str__(self) -> str:
        return f"{self.verdict} at {self.gate or 'the door'}"
