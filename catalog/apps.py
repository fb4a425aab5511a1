"""The Django app."""

from django.apps import AppConfig


class CatalogConfig(AppConfig):
    """Tables in every tenant schema."""

    name = "catalog"
    default_auto_field = "django.db.models.BigAutoField"
