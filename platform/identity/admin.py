"""Members in the panel."""

from datetime import datetime
from typing import Any

from django import forms
from django.http import HttpRequest
from unfold.widgets import UnfoldAdminPasswordWidget

from identity import services
from identity.models import User
from identity.rules import MEMBER_ROLES, Role
from kit import scope
from kit.actor import Actor
from kit.admin import ServiceAdmin, ServiceForm


class UserForm(ServiceForm):
    """An account. The password is written, never shown."""

    password = forms.CharField(
        widget=UnfoldAdminPasswordWidget(attrs={"autocomplete": "new-password"}),
        required=False,
        help_text="Leave empty to keep the present one.",
    )

    class Meta:
        model = User
        fields = ("email", "name", "role", "is_active")

    def clean_email(self) -> str:
        """Spell the e-mail as it is stored."""
        return str(self.cleaned_data["email"]).strip().lower()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Offer the roles that exist here, and ask for a password where there is none yet."""
        super().__init__(*args, **kwargs)
        self.initial.pop("password", None)
        roles = (Role.OPERATOR,) if scope.current() == scope.PUBLIC else MEMBER_ROLES
        if "role" in self.fields:
            self.fields["role"].choices = [(role.value, role.value) for role in roles]  # type: ignore[attr-defined]
        if self.instance._state.adding:
            self.fields["password"].required = True
            self.fields["password"].help_text = ""


class UserAdmin(ServiceAdmin):
    """Who has an account here, and with which role."""

    form = UserForm
    fields = ("email", "name", "role", "is_active", "password")
    list_display = ("email", "name", "role", "is_active", "last_seen_at")
    list_filter = ("role", "is_active")
    search_fields = ("email", "name")
    ordering = ("email",)

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> tuple[str, ...]:  # noqa: ARG002 - Django's signature
        """Settle the e-mail with the account."""
        return ("email",) if obj else ("is_active",)

    def create(self, fields: dict[str, Any], *, by: Actor, at: datetime) -> User:
        """Open an account."""
        return services.create_user(**fields, by=by, at=at)

    def update(self, row: User, changes: dict[str, Any], *, by: Actor, at: datetime) -> User:
        """Change an account, and its password if one was written."""
        password = changes.pop("password", "")
        user = services.update_user(user_id=row.id, changes=changes, by=by, at=at)
        return services.set_password(user_id=row.id, password=password, by=by, at=at) if password else user
