"""Mails in the panel, and how they look."""

from datetime import datetime
from typing import Any

from django import forms
from django.contrib import admin
from django.core.validators import RegexValidator
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget, UnfoldAdminColorInputWidget

from kit.actor import Actor
from kit.admin import ReadOnlyAdmin, ServiceAdmin, ServiceForm
from notifications import services
from notifications.models import Mail, Style
from notifications.rules import OPTIONAL


class StyleForm(ServiceForm):
    """How mails look, and which are not sent."""

    colour = forms.CharField(
        widget=UnfoldAdminColorInputWidget, validators=[RegexValidator(r"^#[0-9a-fA-F]{6}$", "Such as #16324f.")]
    )
    kinds_off = forms.MultipleChoiceField(
        choices=[(kind.value, kind.value.replace("_", " ")) for kind in OPTIONAL], required=False,
        widget=UnfoldAdminCheckboxSelectMultipleWidget, label="Not sent",
        help_text="Mails that the organization does without, because it says it by other means.",
    )  # fmt: skip

    class Meta:
        model = Style
        fields = ("sender_name", "reply_to", "colour", "kinds_off")


class StyleAdmin(ServiceAdmin):
    """How an organization's mails look."""

    form = StyleForm
    list_display = ("__str__", "sender_name", "reply_to", "colour")

    def has_add_permission(self, request: HttpRequest) -> bool:  # noqa: ARG002 - Django's signature
        """Refuse: there is one."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002 - Django's signature
        """Refuse: there is one."""
        return False

    def update(self, row: Style, changes: dict[str, Any], *, by: Actor, at: datetime) -> Style:  # noqa: ARG002 - there is one
        """Change it."""
        return services.update_style(changes=changes, by=by, at=at)


class MailAdmin(ReadOnlyAdmin, ServiceAdmin):
    """The mails of the last 30 days, and what became of them."""

    list_display = ("created_at", "kind", "recipient", "status", "attempts", "error", "sent_at")
    list_filter = ("kind", "status")
    search_fields = ("recipient",)
    ordering = ("-id",)
    actions = ("send_again",)

    @admin.action(description="Send again", permissions=["send"])
    def send_again(self, request: HttpRequest, rows: QuerySet[Mail]) -> None:
        """Send the chosen mails once more."""
        self.each(request, rows, lambda row, **how: services.send_again(mail_id=row.id, **how), "Sent again")

    def has_send_permission(self, request: HttpRequest) -> bool:
        """Allow whoever may change how mails are sent."""
        return bool(request.user.has_perm("notifications.change_style"))
