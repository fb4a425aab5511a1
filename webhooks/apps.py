"""The Django app."""

from django.apps import AppConfig


class WebhooksConfig(AppConfig):
    """Tables in every tenant schema."""

    name = "webhooks"
    default_auto_field = "django.db.models.BigAutoField"
