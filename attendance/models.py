"""Attendance's tables."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q

from attendance.rules import RegistrationStatus
from catalog.models import Event, SeatPool, Session
from kit.models import DeletableRow

ONE_LIVE_REGISTRATION = "one_live_registration_per_attendee_and_pool"


class Registration(DeletableRow):
    """One attendee's claim on one seat of one pool.

    The attendee is whoever owns the e-mail; `user` is the account that registered them for itself, if any.
    """

    event = models.ForeignKey(Event, on_delete=models.PROTECT, related_name="registrations")
    session = models.ForeignKey(Session, on_delete=models.PROTECT, null=True, blank=True, related_name="registrations")
    pool = models.ForeignKey(SeatPool, on_delete=models.PROTECT, related_name="registrations")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="registrations"
    )
    attendee_name = models.CharField(max_length=200)
    attendee_email = models.EmailField(max_length=254)
    role_text = models.CharField(max_length=200, blank=True)
    status = models.CharField(max_length=10, choices=[(status.value, status.value) for status in RegistrationStatus])
    waitlist_number = models.PositiveIntegerField(null=True)
    code = models.CharField(max_length=12, unique=True)
    source = models.CharField(max_length=20, default="api")
    cancelled_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["pool", "attendee_email"],
                condition=~Q(status=RegistrationStatus.CANCELLED) & Q(deleted_at=None),
                name=ONE_LIVE_REGISTRATION,
            ),
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
        ]

    def __str__(self) -> str:
        return f"{self.attendee_name} ({self.status})"

    # The place in the queue, from 1, where a selector counted it for one row.
    counted_position: int | None = None

    @property
    def waitlist_position(self) -> int | None:
        """Tell the place in the queue, counted for this row or with the whole list; nothing for whoever has a seat."""
        return self.counted_position or getattr(self, "listed_position", None)
