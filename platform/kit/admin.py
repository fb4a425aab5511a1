"""Admin pages that write through services: the panel is one more edge, with the same rules and the same journal."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, ClassVar

from django import forms
from django.contrib import messages
from django.db import transaction
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils.timezone import now
from unfold.admin import ModelAdmin

from kit.actor import Actor
from kit.errors import Refusal


class ServiceForm(forms.ModelForm):  # type: ignore[type-arg] # takes none at run time
    """A form that calls a service once its fields are sound.

    A refusal becomes an error of the form, at its field where it names one, so nothing that was typed is lost.
    """

    panel: ClassVar["ServiceAdmin"]
    request: ClassVar[HttpRequest]

    def _post_clean(self) -> None:
        super()._post_clean()  # type: ignore[misc] # the stubs leave Django's hook out
        if self.errors:
            return
        try:
            with transaction.atomic():
                self.instance = self._perform()
        except Refusal as refusal:
            self._tell(refusal)

    def _perform(self) -> Model:
        by, at = self.request.user.actor, now()  # type: ignore[union-attr] # only members pass the panel's door
        if self.instance._state.adding:
            return self.panel.create(dict(self.cleaned_data), by=by, at=at)
        changes = {name: self.cleaned_data[name] for name in self.changed_data if name in self.cleaned_data}
        return self.panel.update(self.instance, changes, by=by, at=at)

    def _tell(self, refusal: Refusal) -> None:
        for error in refusal.errors or ():
            name = error.pointer.removeprefix("#/").split("/")[0]
            self.add_error(name if name in self.fields else None, error.detail)
        if not refusal.errors:
            self.add_error(None, str(refusal))


class ServiceAdmin(ModelAdmin):
    """A page of the panel whose every write is a service call."""

    form = ServiceForm
    list_per_page = 50

    def create(self, fields: dict[str, Any], *, by: Actor, at: datetime) -> Model:
        """Call the service that makes a row. `fields` are the form's."""
        raise NotImplementedError

    def update(self, row: Any, changes: dict[str, Any], *, by: Actor, at: datetime) -> Model:
        """Call the service that changes a row. `changes` are those fields of the form that differ."""
        raise NotImplementedError

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:  # noqa: FBT001, FBT002 - Django's signature
        """Give the form, knowing its page and its request."""
        made = super().get_form(request, obj, change, **kwargs)
        made.panel, made.request = self, request
        return made

    def save_form(self, request: HttpRequest, form: ServiceForm, change: bool) -> Any:  # noqa: ARG002, FBT001 - Django's signature
        """Give what the service made: it is saved already."""
        return form.instance

    def save_model(self, *args: Any, **kwargs: Any) -> None:
        """Save nothing: the service has."""

    def save_related(self, *args: Any, **kwargs: Any) -> None:
        """Save nothing: the service has."""

    def each(self, request: HttpRequest, rows: QuerySet[Any], act: Callable[..., object], done: str) -> None:
        """Run a service for each chosen row, and tell how it went: the body of an action."""
        count = 0
        for row in rows:
            try:
                act(row, by=request.user.actor, at=now())  # type: ignore[union-attr] # only members pass the panel's door
                count += 1
            except Refusal as refusal:
                self.message_user(request, f"{row}: {refusal}", messages.ERROR)
        if count:
            self.message_user(request, f"{done}: {count}", messages.SUCCESS)


class RevealingAdmin(ServiceAdmin):
    """A page of rows with a secret: `create` leaves it at the row as `shown_once`, and the page shows it."""

    def save_model(self, request: HttpRequest, obj: Any, *args: Any, **kwargs: Any) -> None:  # noqa: ARG002 - Django's signature
        """Show the secret of a row just made; it is saved already."""
        if secret := getattr(obj, "shown_once", ""):
            self.reveal(request, obj, secret)

    def reveal(self, request: HttpRequest, row: Model, secret: str) -> None:
        """Show a secret, this once."""
        self.message_user(request, f"{row}: {secret} - copy it now, it is not shown again.", messages.WARNING)


class ReadOnlyAdmin(ModelAdmin):
    """A page of the panel to look at."""

    list_per_page = 50

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002 - Django's signature
        """Refuse."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002 - Django's signature
        """Refuse."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002 - Django's signature
        """Refuse."""
        return False
