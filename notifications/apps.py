"""The app of notifications."""

from django.apps import AppConfig


class NotificationsConfig(AppConfig):
    """Mails."""

    name = "notifications"
