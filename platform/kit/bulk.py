"""Writing many rows at once, by COPY: one statement a table, however many there are."""

from collections.abc import Iterable, Sequence
from operator import attrgetter
from typing import Any

import orjson
from django.db.models import JSONField, Model

from kit.scope import connection


def insert_all(rows: Sequence[Model]) -> None:
    """Insert unsaved rows of one model, as they are: times that `save` would set must be set.

    A key that the database makes is left to it.

    Raises:
        IntegrityError: a constraint refuses one; then none is written.
    """
    if not rows:
        return
    meta: Any = rows[0]._meta  # noqa: SLF001 - Django documents it
    names = [field.attname for field in meta.concrete_fields if not (field.primary_key and rows[0].pk is None)]
    values = attrgetter(*names)
    insert_values(type(rows[0]), names, (values(row) for row in rows))


def insert_values(model: type[Model], names: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Insert rows given as values of the attributes named; the database makes the rest.

    Raises:
        IntegrityError: a constraint refuses one; then none is written.
    """
    meta: Any = model._meta  # noqa: SLF001 - Django documents it
    of_name = {field.attname: field for field in meta.concrete_fields}
    columns = ", ".join(connection.ops.quote_name(of_name[name].column) for name in names)
    statement = f"COPY {connection.ops.quote_name(meta.db_table)} ({columns}) FROM STDIN"
    json_at = [place for place, name in enumerate(names) if isinstance(of_name[name], JSONField)]
    with connection.cursor() as cursor, connection.wrap_database_errors, cursor.copy(statement) as copy:
        for row in rows:
            if json_at:
                row = list(row)  # noqa: PLW2901 - the same row, written out
                for place in json_at:
                    row[place] = orjson.dumps(row[place]).decode()
            copy.write_row(row)
