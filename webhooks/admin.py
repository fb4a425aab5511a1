"""Webhooks in the panel: endpoints, and the attempts to tell them."""

from datetime import datetime
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.timezone import now
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from journal.messages import public_types
from kit.actor import Actor
from kit.admin import ReadOnlyAdmin, RevealingAdmin, ServiceForm
from webhooks import selectors, services
from webhooks.models import Endpoint


def _types() -> list[tuple[str, str]]:
    return [(name, name) for name in sorted(public_types())]


class EndpointForm(ServiceForm):
    """Whom to tell what."""

    event_types = forms.MultipleChoiceField(
        choices=_types, required=False, widget=UnfoldAdminCheckboxSelectMultipleWidget, help_text="None for all."
    )

    class Meta:
        model = Endpoint
        fields = ("url", "description", "event_types", "payload", "max_per_second", "is_enabled")


class EndpointAdmin(RevealingAdmin):
    """Who is told what happens. Secrets are shown once, when they are made."""

    form = EndpointForm
    fields = (
        "url",
        "description",
        "event_types",
        "payload",
        "max_per_second",
        "is_enabled",
        "disabled_reason",
        "health",
    )
    list_display = ("url", "description", "is_enabled", "failures", "failing_since", "resting_until")
    list_filter = ("is_enabled",)
    search_fields = ("url", "description")
    ordering = ("-id",)
    actions = ("try_out", "rotate", "delete_them")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Endpoint]:
        """Show those that are there."""
        found: QuerySet[Endpoint] = super().get_queryset(request).filter(deleted_at=None)
        return found

    def get_readonly_fields(self, request: HttpRequest, obj: Endpoint | None = None) -> tuple[str, ...]:  # noqa: ARG002 - Django's signature
        """Leave to the platform what it finds out; a new endpoint is enabled."""
        return ("disabled_reason", "health") if obj else ("disabled_reason", "health", "is_enabled")

    @admin.display(description="Last 24 hours")
    def health(self, endpoint: Endpoint) -> str:
        """Tell in a line how an endpoint fared."""
        if endpoint._state.adding:
            return "-"
        told = selectors.health(endpoint, at=now())
        rate = "-" if told["success_rate"] is None else f"{told['success_rate']:.0%}"
        p95 = "-" if told["p95_milliseconds"] is None else f"{told['p95_milliseconds']} ms"
        due = f", the next at {told['next_attempt_at']:%Y-%m-%d %H:%M:%S} UTC" if told["next_attempt_at"] else ""
        return f"{told['attempts']} attempts, {rate} heard, p95 {p95}; {told['pending']} wait{due}"

    def create(self, fields: dict[str, Any], *, by: Actor, at: datetime) -> Endpoint:
        """Add an endpoint."""
        made = services.add_endpoint(fields=fields, by=by, at=at)
        made.endpoint.shown_once = made.secret  # type: ignore[attr-defined] # from here to the message that reveals it
        return made.endpoint

    def update(self, row: Endpoint, changes: dict[str, Any], *, by: Actor, at: datetime) -> Endpoint:
        """Change an endpoint."""
        return services.update_endpoint(endpoint_id=row.id, changes=changes, by=by, at=at)

    @admin.action(description="Send a sample", permissions=["change"])
    def try_out(self, request: HttpRequest, rows: QuerySet[Endpoint]) -> None:
        """Send the chosen endpoints a sample, and tell what came back."""

        def act(row: Endpoint, *, by: Actor, at: datetime) -> None:  # noqa: ARG001 - as all that is done to rows
            trial = services.try_endpoint(endpoint_id=row.id, at=at)
            told = f"{row.url}: {trial.status or trial.error}, after {trial.milliseconds} ms"
            self.message_user(request, told, messages.SUCCESS if trial.is_success else messages.ERROR)

        self.each(request, rows, act, "Tried out")

    @admin.action(description="Give another secret (both sign for a day)", permissions=["change"])
    def rotate(self, request: HttpRequest, rows: QuerySet[Endpoint]) -> None:
        """Rotate the secrets of the chosen endpoints."""

        def act(row: Endpoint, *, by: Actor, at: datetime) -> None:
            made = services.rotate_secret(endpoint_id=row.id, by=by, at=at)
            self.reveal(request, made.endpoint, made.secret)

        self.each(request, rows, act, "Rotated")

    @admin.action(description="Delete", permissions=["change"])
    def delete_them(self, request: HttpRequest, rows: QuerySet[Endpoint]) -> None:
        """Tell the chosen endpoints nothing more."""
        self.each(request, rows, lambda row, **how: services.delete_endpoint(endpoint_id=row.id, **how), "Deleted")


class AttemptAdmin(ReadOnlyAdmin):
    """What endpoints were told, and what they answered: to look at."""

    list_display = ("at", "endpoint", "delivery", "number", "is_success", "status", "error", "milliseconds")
    list_filter = ("is_success",)
    list_select_related = ("endpoint", "delivery")
    search_fields = ("endpoint__url", "delivery__type")
    ordering = ("-id",)
