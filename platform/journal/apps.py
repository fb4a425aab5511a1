"""The Django app."""

from django.apps import AppConfig


class JournalConfig(AppConfig):
    """Tables in every tenant schema."""

    name = "journal"
    default_auto_field = "django.db.models.BigAutoField"
