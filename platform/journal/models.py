"""The journal's tables."""

from typing import ClassVar

from django.db import models
from django.db.models import BigIntegerField
from django.db.models.expressions import RawSQL

from kit.ids import new_id

# The transaction that writes the row. Readers page by it: see selectors.settled.
CURRENT_XID = "pg_current_xact_id()::text::bigint"


class Entry(models.Model):
    """One thing that happened. Append-only: the database refuses UPDATE, DELETE and TRUNCATE."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    xid = models.BigIntegerField(db_default=RawSQL(CURRENT_XID, [], output_field=BigIntegerField()), editable=False)
    occurred_at = models.DateTimeField()
    type = models.CharField(max_length=100)
    version = models.PositiveSmallIntegerField(default=1)
    subject_type = models.CharField(max_length=50)
    subject_id = models.UUIDField(null=True)
    payload = models.JSONField(default=dict)
    changes = models.JSONField(default=dict)
    actor_kind = models.CharField(max_length=20)
    actor_id = models.UUIDField(null=True)
    actor_label = models.CharField(max_length=320)
    request_id = models.CharField(max_length=64, blank=True, default="")
    ip = models.GenericIPAddressField(null=True)

    class Meta:
        verbose_name_plural = "entries"
        indexes: ClassVar = [
            models.Index(fields=["xid", "id"], name="journal_entry_order"),
            models.Index(fields=["subject_type", "subject_id"], name="journal_entry_subject"),
        ]

    def __str__(self) -> str:
        return f"{self.type} {self.subject_id}"


class Cursor(models.Model):
    """How far a reader of the journal has come. Its row is the reader's lock, too."""

    name = models.CharField(primary_key=True, max_length=50)
    xid = models.BigIntegerField(default=0)
    entry_id = models.UUIDField(null=True)
    updated_at = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return f"{self.name} at {self.xid}"


class Seal(models.Model):
    """A batch of entries, hashed, chained to the batch before. Append-only, as entries are. See `journal.sealing`."""

    number = models.PositiveBigIntegerField(primary_key=True)
    # Hashes in hexadecimal text: of the seal before, of the batch's tree, of this seal.
    previous = models.CharField(max_length=64)
    root = models.CharField(max_length=64)
    hash = models.CharField(max_length=64)
    # SHA-256 of each entry's line, one behind the other: they name the entry that was changed.
    leaves = models.BinaryField()
    count = models.PositiveIntegerField()
    last_xid = models.BigIntegerField()
    last_id = models.UUIDField()
    sealed_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.number}: {self.hash}"
