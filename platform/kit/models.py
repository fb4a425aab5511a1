"""What every table of ours has in common."""

from django.db import models

from kit.ids import new_id


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
