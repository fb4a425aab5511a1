"""The Django app."""

from django.apps import AppConfig


class TenantsConfig(AppConfig):
    """Tables in the public schema alone."""

    name = "tenants"
    default_auto_field = "django.db.models.BigAutoField"
