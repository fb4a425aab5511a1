"""Writing many rows at once, by COPY: one statement a table, however many there are."""

from collections.abc import Sequence
from typing import Any

import orjson
from django.db.models import Model
from django.db.models.expressions import DatabaseDefault

from kit.scope import connection


def insert_all(rows: Sequence[Model]) -> None:
    """Insert unsaved rows of one model, as they are: times that `save` would set must be set.

    Columns whose value the database makes are left to it.

    Raises:
        IntegrityError: a constraint refuses one; then none is written.
    """
    if not rows:
        return
    meta: Any = rows[0]._meta  # noqa: SLF001 - Django documents it
    fields = [field for field in meta.concrete_fields if not _is_made_by_database(rows[0], field)]
    names = [field.attname for field in fields]
    columns = ", ".join(connection.ops.quote_name(field.column) for field in fields)
    statement = f"COPY {connection.ops.quote_name(meta.db_table)} ({columns}) FROM STDIN"
    with connection.cursor() as cursor, connection.wrap_database_errors, cursor.copy(statement) as copy:
        for row in rows:
            copy.write_row([_plain(getattr(row, name)) for name in names])


def _is_made_by_database(row: Model, field: Any) -> bool:
    value = getattr(row, field.attname)
    return isinstance(value, DatabaseDefault) or (field.primary_key and value is None)


def _plain(value: Any) -> Any:
    if isinstance(value, dict | list):
        return orjson.dumps(value).decode()
    # Enumerations of text would be written by their names.
    return str(value) if isinstance(value, str) else value
