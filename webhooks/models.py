"""The tables of webhooks: who is told, what they are to be told, and each attempt to tell them."""

from typing import ClassVar

from django.db import models

from kit.ids import new_id
from kit.models import DeletableRow


class Endpoint(DeletableRow):
    """An address of a partner's that is told what happens.

    Its secrets are encrypted: they sign, so they must be known, and whoever reads the database must not know them.
    """

    class Payload(models.TextChoices):
        """How much a webhook says: all of the entry, or which thing it is about."""

        FULL = "full"
        THIN = "thin"

    url = models.CharField(max_length=2_000)
    description = models.CharField(max_length=500, blank=True)
    # Names of event types, and ids of events. None is all.
    event_types = models.JSONField(default=list, blank=True)
    event_ids = models.JSONField(default=list, blank=True)
    payload = models.CharField(max_length=10, choices=Payload, default=Payload.FULL)
    max_per_second = models.PositiveSmallIntegerField(null=True, blank=True)
    secret = models.BinaryField()
    # Signs beside the other until then.
    previous_secret = models.BinaryField(null=True)
    previous_until = models.DateTimeField(null=True)
    is_enabled = models.BooleanField(default=True)
    disabled_reason = models.CharField(max_length=500, blank=True)
    # Failures since the last success, since when there are nothing but failures, and until when it is left alone.
    failures = models.PositiveIntegerField(default=0)
    failing_since = models.DateTimeField(null=True)
    resting_until = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.url


class Delivery(models.Model):
    """One entry of the journal that an endpoint is to be told. Due attempts are found by their time, in this table."""

    class Status(models.TextChoices):
        """Where it stands."""

        PENDING = "pending"
        DELIVERED = "delivered"
        FAILED = "failed"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    # Found by its constraint.
    endpoint = models.ForeignKey(Endpoint, on_delete=models.CASCADE, related_name="deliveries", db_index=False)
    entry_id = models.UUIDField()
    type = models.CharField(max_length=100)
    status = models.CharField(max_length=10, choices=Status, default=Status.PENDING)
    # Of this round: sending it again begins anew.
    attempts = models.PositiveSmallIntegerField(default=0)
    next_attempt_at = models.DateTimeField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name_plural = "deliveries"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["endpoint", "entry_id"], name="one_delivery_an_entry"),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["endpoint", "next_attempt_at"],
                condition=models.Q(status="pending"),
                name="webhooks_delivery_due",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.type}, {self.status}"


class Attempt(models.Model):
    """One request to an endpoint, and what came back."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    delivery = models.ForeignKey(Delivery, on_delete=models.CASCADE, related_name="tries")
    # Found by the index below.
    endpoint = models.ForeignKey(Endpoint, on_delete=models.CASCADE, related_name="tries", db_index=False)
    number = models.PositiveSmallIntegerField()
    at = models.DateTimeField()
    is_success = models.BooleanField()
    # Nothing, where no answer came.
    status = models.PositiveSmallIntegerField(null=True)
    error = models.CharField(max_length=300, blank=True)
    response_head = models.TextField(blank=True)
    milliseconds = models.PositiveIntegerField()

    class Meta:
        indexes: ClassVar = [models.Index(fields=["endpoint", "id"], name="webhooks_attempt_of")]

    def __str__(self) -> str:
        return f"{self.delivery_id}, {self.number}: {self.status or self.error}"
