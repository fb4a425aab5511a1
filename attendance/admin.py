"""Registrations in the panel."""

from datetime import datetime
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from attendance import selectors, services
from attendance.models import CheckIn, Registration
from attendance.services import Attendee
from kit.actor import Actor
from kit.admin import ReadOnlyAdmin, ServiceAdmin, ServiceForm


class RegistrationForm(ServiceForm):
    """Somebody to register."""

    class Meta:
        model = Registration
        fields = ("event", "session", "attendee_name", "attendee_email", "role_text")


class RegistrationAdmin(ServiceAdmin):
    """Who is registered; coordinators see the events assigned to them."""

    form = RegistrationForm
    list_display = ("attendee_name", "attendee_email", "event", "session", "status", "waitlist_position", "code")
    list_filter = ("status", "event")
    search_fields = ("attendee_name", "attendee_email", "code")
    autocomplete_fields = ("event", "session")
    actions = ("cancel", "undo_check_in")
    ordering = ("-id",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Registration]:
        """Show what the member may see."""
        return selectors.all_registrations(reader=request.user.actor)  # type: ignore[union-attr] # only members pass the door

    def get_fields(self, request: HttpRequest, obj: Registration | None = None) -> tuple[str, ...]:  # noqa: ARG002 - Django's signature
        """Ask for a new registration's facts; show all of a present one's."""
        asked = ("event", "session", "attendee_name", "attendee_email", "role_text")
        return (*asked, "status", "code", "created_at", "cancelled_at") if obj else asked

    def get_readonly_fields(self, request: HttpRequest, obj: Registration | None = None) -> tuple[str, ...]:
        """Settle a registration once it is made: it is cancelled by the action of the list."""
        return self.get_fields(request, obj) if obj else ()

    def create(self, fields: dict[str, Any], *, by: Actor, at: datetime) -> Registration:
        """Take a seat for somebody."""
        who = fields["attendee_name"], fields["attendee_email"]
        attendee = Attendee(*who, role_text=fields["role_text"], source="panel")
        session = fields["session"]
        session_id = session.id if session else None
        event_id = fields["event"].id
        done = services.register(event_id=event_id, session_id=session_id, attendee=attendee, by=by, at=at)
        return Registration.objects.get(id=done.registration["id"])

    def update(self, row: Registration, changes: dict[str, Any], *, by: Actor, at: datetime) -> Registration:  # noqa: ARG002 - the panel's signature
        """Change nothing: every field is shown only."""
        return row

    @admin.action(description="Cancel", permissions=["change"])
    def cancel(self, request: HttpRequest, rows: QuerySet[Registration]) -> None:
        """Give up the chosen seats; the waitlist moves up."""
        self.each(request, rows, lambda row, **who: services.cancel(registration_id=row.id, **who), "Cancelled")

    @admin.action(description="Take the check-in back", permissions=["change"])
    def undo_check_in(self, request: HttpRequest, rows: QuerySet[Registration]) -> None:
        """Let the chosen tickets be used again."""
        self.each(request, rows, lambda row, **who: services.undo_check_in(ticket_id=row.id, **who), "Taken back")


class CheckInAdmin(ReadOnlyAdmin):
    """What was scanned at the doors, and what they said."""

    list_display = ("scanned_at", "verdict", "registration", "gate", "device", "is_offline", "undone_at")
    list_filter = ("verdict", "gate", "is_offline")
    search_fields = ("registration__attendee_name", "registration__attendee_email", "registration__code", "device")

    def get_queryset(self, request: HttpRequest) -> QuerySet[CheckIn]:
        """Show what the member may see."""
        return selectors.all_check_ins(reader=request.user.actor)  # type: ignore[union-attr] # only members pass the door
