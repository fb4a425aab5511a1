"""The Django app."""

from django.apps import AppConfig


class AttendanceConfig(AppConfig):
    """Tables in every tenant schema."""

    name = "attendance"
    default_auto_field = "django.db.models.BigAutoField"
