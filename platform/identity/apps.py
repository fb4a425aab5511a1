"""The Django app."""

from django.apps import AppConfig


class IdentityConfig(AppConfig):
    """Tables in the public schema (operators) and in every tenant's (members)."""

    name = "identity"
    default_auto_field = "django.db.models.BigAutoField"
