"""Members and keys in the panel."""

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget, UnfoldAdminPasswordWidget, UnfoldAdminTextareaWidget

from identity import services
from identity.models import ApiKey, User
from identity.rules import MEMBER_ROLES, SCOPES, Role
from kit import scope
from kit.actor import Actor
from kit.addresses import network
from kit.admin import RevealingAdmin, ServiceAdmin, ServiceForm


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


class Networks(forms.CharField):
    """Networks, one a line."""

    def prepare_value(self, value: Any) -> Any:
        """Write them one a line."""
        return "\n".join(value) if isinstance(value, list) else value

    def clean(self, value: Any) -> Any:
        """Read them."""
        lines = str(super().clean(value)).split()
        try:
            return [str(network(line)) for line in lines]
        except ValueError as error:
            raise forms.ValidationError(str(error)) from error

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Compare as text."""
        return bool(super().has_changed(self.prepare_value(initial), data))


class ApiKeyForm(ServiceForm):
    """A key of a program."""

    scopes = forms.MultipleChoiceField(
        choices=[(scope, scope) for scope in SCOPES], widget=UnfoldAdminCheckboxSelectMultipleWidget
    )
    addresses = Networks(
        required=False,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
        help_text="Networks that the key may be used from, one a line, such as 192.0.2.0/24. None for any.",
    )

    class Meta:
        model = ApiKey
        fields = ("name", "scopes", "rate_class", "addresses", "expires_at")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Let a new key live as long as the API would."""
        super().__init__(*args, **kwargs)
        self.fields["expires_at"].required = not self.instance._state.adding


class ApiKeyAdmin(RevealingAdmin):
    """The programs that work for the organization. Secrets are shown once, when they are made."""

    form = ApiKeyForm
    fields = ("name", "scopes", "rate_class", "addresses", "expires_at")
    list_display = ("name", "prefix", "scopes", "expires_at", "last_used_at", "revoked_at")
    list_filter = ("rate_class",)
    search_fields = ("name", "prefix")
    ordering = ("-id",)
    actions = ("rotate", "revoke")

    def create(self, fields: dict[str, Any], *, by: Actor, at: datetime) -> ApiKey:
        """Make a key."""
        made = services.create_key(fields=fields, by=by, at=at)
        made.key.shown_once = made.secret  # type: ignore[attr-defined] # from here to the message that reveals it
        return made.key

    def update(self, row: ApiKey, changes: dict[str, Any], *, by: Actor, at: datetime) -> ApiKey:
        """Change a key."""
        return services.update_key(key_id=row.id, changes=changes, by=by, at=at)

    @admin.action(description="Give a new secret (the present one stays good for a day)", permissions=["change"])
    def rotate(self, request: HttpRequest, rows: QuerySet[ApiKey]) -> None:
        """Rotate the chosen keys."""

        def act(row: ApiKey, *, by: Actor, at: datetime) -> None:
            made = services.rotate_key(key_id=row.id, overlap=timedelta(days=1), by=by, at=at)
            self.reveal(request, made.key, made.secret)

        self.each(request, rows, act, "Rotated")

    @admin.action(description="Revoke", permissions=["change"])
    def revoke(self, request: HttpRequest, rows: QuerySet[ApiKey]) -> None:
        """End the chosen keys."""
        self.each(request, rows, lambda row, **how: services.revoke_key(key_id=row.id, **how), "Revoked")
