"""What every table of ours has in common."""

from collections.abc import Mapping
from typing import Any

from django.db import models

from kit.ids import new_id


def changed(row: models.Model, changes: Mapping[str, Any]) -> dict[str, list[Any]]:
    """Set the fields on the row, and give `{field: [before, after]}` of those that differ."""
    different = {name: [getattr(row, name), value] for name, value in changes.items() if getattr(row, name) != value}
    for name, (_, value) in different.items():
        setattr(row, name, value)
    return different


class Row(models.Model):
    """A row that knows its age and its version."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        abstract = True


class DeletableRow(Row):
    """A row that is kept after its deletion, for history and restore."""

    deleted_at = models.DateTimeField(null=True, blank=True, editable=False)
    version = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        abstract = True


class StoredAnswer(models.Model):
    """What was answered to a request that bore an Idempotency-Key: whoever sends it again is told the same.

    Written in the transaction of the effect. See `kit.idempotency`.
    """

    # Whose key it is, and the key.
    name = models.CharField(max_length=320, primary_key=True)
    # SHA-256 of the request.
    fingerprint = models.BinaryField(max_length=32)
    status = models.PositiveSmallIntegerField()
    # JSON, or empty where they follow from the body.
    headers = models.TextField(blank=True, db_default="")
    body = models.BinaryField()
    # Answers may hold secrets (tokens, keys) that are kept nowhere else in the clear.
    is_sealed = models.BooleanField(db_default=False)
    created_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.name}: {self.status}"


class PartnerRequest(models.Model):
    """A request that bore an API key, as its sender may look it up: for a week, without its secrets."""

    request_id = models.CharField(max_length=64, db_index=True)
    actor_id = models.UUIDField()
    at = models.DateTimeField(db_index=True)
    method = models.CharField(max_length=10)
    path = models.CharField(max_length=2_000)
    query = models.CharField(max_length=2_000, blank=True)
    # JSON as it was sent, or the beginning of what is none.
    body = models.TextField(blank=True)
    status = models.PositiveSmallIntegerField()
    # Of a refusal, the problem as it was told.
    problem = models.TextField(blank=True)
    milliseconds = models.FloatField()
    address = models.GenericIPAddressField(null=True)
    user_agent = models.CharField(max_length=200, blank=True)

    def __str__(self) -> str:
        return f"{self.method} {self.path}: {self.status}"
