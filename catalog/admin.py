"""The catalogue in the panel."""

from datetime import datetime
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils.timezone import now
from unfold.widgets import UnfoldAdminIntegerFieldWidget

from catalog import selectors, services
from catalog.models import Category, Event, Named, Room, Session, Speaker, Venue
from catalog.rules import MAX_CAPACITY
from identity.models import User
from identity.rules import Role
from kit.actor import Actor
from kit.admin import ServiceAdmin, ServiceForm

_CAPACITY = {"widget": UnfoldAdminIntegerFieldWidget, "min_value": 0, "max_value": MAX_CAPACITY}


class _StagedForm(ServiceForm):
    """A form with the capacity of its row's seat pool."""

    capacity = forms.IntegerField(**_CAPACITY)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Show the present capacity."""
        super().__init__(*args, **kwargs)
        if not self.instance._state.adding:
            self.initial["capacity"] = self.instance.pool.capacity


def _by_ids(fields: dict[str, Any], **renamed: str) -> dict[str, Any]:
    """Name related rows by id, as the services do: `category` becomes `category_id`."""
    for name, id_name in renamed.items():
        if name in fields:
            related = fields.pop(name)
            fields[id_name] = related.pk if isinstance(related, Model) else related and [row.pk for row in related]
    return fields


class EventForm(_StagedForm):
    """An event. Its stage moves by the actions of the list."""

    class Meta:
        model = Event
        fields = (
            "name", "description", "category", "place", "latitude", "longitude", "image_url", "resources", "starts_at",
            "ends_at", "admission", "has_waitlist", "access_code", "coordinators",
        )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Offer coordinators to choose from, and nobody else."""
        super().__init__(*args, **kwargs)
        if "coordinators" in self.fields:
            coordinators = User.objects.filter(role=Role.COORDINATOR, is_active=True)
            self.fields["coordinators"].queryset = coordinators  # type: ignore[attr-defined] # it is a choice of rows


class EventAdmin(ServiceAdmin):
    """Events, with their seats and the verbs of their life."""

    form = EventForm
    fieldsets = (
        (None, {"fields": ("name", "description", "category", "image_url", "resources")}),
        ("When and where", {"fields": (("starts_at", "ends_at"), "place", ("latitude", "longitude"))}),
        ("Admission", {"fields": (("capacity", "admission"), "has_waitlist", "access_code", "coordinators")}),
    )
    list_display = ("name", "starts_at", "shown_status", "seats", "admission", "category")
    list_filter = ("stage", "admission", "category")
    search_fields = ("name", "place")
    filter_horizontal = ("coordinators",)
    actions = ("publish", "suspend", "resume", "cancel")
    ordering = ("starts_at", "id")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Event]:  # noqa: ARG002 - Django's signature
        """Show what is not deleted, with its seats."""
        return selectors.all_events().filter(deleted_at=None).order_by(*self.ordering)

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        """Count the seats of the rows shown, all at once."""
        shown = super().get_changelist_instance(request)
        shown.result_list = selectors.with_seats(list(shown.result_list))
        return shown

    @admin.display(description="Status")
    def shown_status(self, event: Event) -> str:
        """Derive the status from the clock."""
        return event.status(at=now()).replace("_", " ")

    @admin.display(description="Seats")
    def seats(self, event: Event) -> str:
        """Show how many are taken of how many."""
        return f"{event.seats_taken} / {event.capacity}"

    def create(self, fields: dict[str, Any], *, by: Actor, at: datetime) -> Event:
        """Draft an event."""
        coordinators = [user.pk for user in fields.pop("coordinators")]
        event = services.create_event(fields=_by_ids(fields, category="category_id"), by=by, at=at)
        return services.assign_coordinators(event_id=event.id, user_ids=coordinators, by=by, at=at)

    def update(self, row: Event, changes: dict[str, Any], *, by: Actor, at: datetime) -> Event:
        """Change an event."""
        coordinators = changes.pop("coordinators", None)
        event = services.update_event(event_id=row.id, changes=_by_ids(changes, category="category_id"), by=by, at=at)
        if coordinators is None:
            return event
        return services.assign_coordinators(event_id=row.id, user_ids=[user.pk for user in coordinators], by=by, at=at)

    @admin.action(description="Publish: put on sale", permissions=["change"])
    def publish(self, request: HttpRequest, rows: QuerySet[Event]) -> None:
        """Open the chosen events to the public."""
        self.each(request, rows, lambda row, **who: services.publish_event(event_id=row.id, **who), "Published")

    @admin.action(description="Suspend", permissions=["change"])
    def suspend(self, request: HttpRequest, rows: QuerySet[Event]) -> None:
        """Stop registrations for the chosen events."""
        self.each(request, rows, lambda row, **who: services.suspend_event(event_id=row.id, **who), "Suspended")

    @admin.action(description="Resume", permissions=["change"])
    def resume(self, request: HttpRequest, rows: QuerySet[Event]) -> None:
        """Let the chosen events go on."""
        self.each(request, rows, lambda row, **who: services.resume_event(event_id=row.id, **who), "Resumed")

    @admin.action(description="Cancel for good", permissions=["change"])
    def cancel(self, request: HttpRequest, rows: QuerySet[Event]) -> None:
        """Cancel the chosen events and their sessions."""
        self.each(request, rows, lambda row, **who: services.cancel_event(event_id=row.id, **who), "Cancelled")


class SessionForm(_StagedForm):
    """A session of an event."""

    class Meta:
        model = Session
        fields = ("event", "title", "starts_at", "ends_at", "room", "speakers", "presenter", "resources")


class SessionAdmin(ServiceAdmin):
    """Sessions, with their seats."""

    form = SessionForm
    fields = ("event", "title", ("starts_at", "ends_at"), "capacity", "room", "speakers", "presenter", "resources")
    list_display = ("title", "event", "starts_at", "shown_status", "seats", "room")
    list_filter = ("event", "room")
    search_fields = ("title", "event__name", "speakers__name", "presenter")
    filter_horizontal = ("speakers",)
    actions = ("publish", "suspend", "resume", "cancel")
    ordering = ("starts_at", "id")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Session]:  # noqa: ARG002 - Django's signature
        """Show what is not deleted, with event, room and seats."""
        live = Session.objects.select_related("event", "room", "pool").filter(deleted_at=None, event__deleted_at=None)
        return live.order_by(*self.ordering)

    def get_readonly_fields(self, request: HttpRequest, obj: Session | None = None) -> tuple[str, ...]:  # noqa: ARG002 - Django's signature
        """Keep a session in its event."""
        return ("event",) if obj else ()

    @admin.display(description="Status")
    def shown_status(self, session: Session) -> str:
        """Derive the status from the clock."""
        return session.status(at=now()).replace("_", " ")

    @admin.display(description="Seats")
    def seats(self, session: Session) -> str:
        """Show how many are taken of how many."""
        return f"{session.pool.seats_taken} / {session.pool.capacity}"

    def create(self, fields: dict[str, Any], *, by: Actor, at: datetime) -> Session:
        """Draft a session."""
        event: Event = fields.pop("event")
        fields = _by_ids(fields, room="room_id", speakers="speaker_ids")
        return services.create_session(event_id=event.id, fields=fields, by=by, at=at)

    def update(self, row: Session, changes: dict[str, Any], *, by: Actor, at: datetime) -> Session:
        """Change a session."""
        changes = _by_ids(changes, room="room_id", speakers="speaker_ids")
        return services.update_session(session_id=row.id, changes=changes, by=by, at=at)

    @admin.action(description="Publish: put on sale", permissions=["change"])
    def publish(self, request: HttpRequest, rows: QuerySet[Session]) -> None:
        """Open the chosen sessions to the public."""
        self.each(request, rows, lambda row, **who: services.publish_session(session_id=row.id, **who), "Published")

    @admin.action(description="Suspend", permissions=["change"])
    def suspend(self, request: HttpRequest, rows: QuerySet[Session]) -> None:
        """Stop registrations for the chosen sessions."""
        self.each(request, rows, lambda row, **who: services.suspend_session(session_id=row.id, **who), "Suspended")

    @admin.action(description="Resume", permissions=["change"])
    def resume(self, request: HttpRequest, rows: QuerySet[Session]) -> None:
        """Let the chosen sessions go on."""
        self.each(request, rows, lambda row, **who: services.resume_session(session_id=row.id, **who), "Resumed")

    @admin.action(description="Cancel for good", permissions=["change"])
    def cancel(self, request: HttpRequest, rows: QuerySet[Session]) -> None:
        """Cancel the chosen sessions."""
        self.each(request, rows, lambda row, **who: services.cancel_session(session_id=row.id, **who), "Cancelled")


class NamedAdmin(ServiceAdmin):
    """Categories, venues, rooms and speakers."""

    search_fields = ("name",)
    ordering = ("name", "id")
    actions = ("delete",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Show what is not deleted."""
        live: QuerySet[Any] = super().get_queryset(request).filter(deleted_at=None)
        return live

    def create(self, fields: dict[str, Any], *, by: Actor, at: datetime) -> Model:
        """Make one."""
        model: type[Named] = self.model
        return services.create_named(model, fields=_by_ids(fields, venue="venue_id"), by=by, at=at)

    def update(self, row: Any, changes: dict[str, Any], *, by: Actor, at: datetime) -> Model:
        """Change one."""
        model: type[Named] = self.model
        changes = _by_ids(changes, venue="venue_id")
        return services.update_named(model, row_id=row.id, changes=changes, by=by, at=at)

    @admin.action(description="Delete", permissions=["change"])
    def delete(self, request: HttpRequest, rows: QuerySet[Any]) -> None:
        """Delete the chosen ones, as far as nothing planned needs them."""
        self.each(request, rows, lambda row, **who: services.delete_named(self.model, row_id=row.id, **who), "Deleted")


def _form(model: type[Model], *names: str) -> type[ServiceForm]:
    meta = type("Meta", (), {"model": model, "fields": names})
    return type(f"{model.__name__}Form", (ServiceForm,), {"Meta": meta, "__doc__": f"Fields of a {model.__name__}."})


class CategoryAdmin(NamedAdmin):
    """Categories."""

    form = _form(Category, "name")


class VenueAdmin(NamedAdmin):
    """Venues."""

    form = _form(Venue, "name", "address", "latitude", "longitude")
    list_display = ("name", "address")


class RoomAdmin(NamedAdmin):
    """Rooms."""

    form = _form(Room, "venue", "name", "capacity")
    list_display = ("name", "venue", "capacity")
    list_select_related = ("venue",)
    list_filter = ("venue",)


class SpeakerAdmin(NamedAdmin):
    """Speakers."""

    form = _form(Speaker, "name", "affiliation", "bio", "image_url")
    list_display = ("name", "affiliation")
