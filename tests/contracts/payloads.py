"""What the journal's types say of entries, held against what was written."""

from functools import cache
from typing import Any

import jsonschema
import orjson
from django.db import connection

from journal.messages import public_types
from tests.contracts.schemas import FORMATS

type Json = dict[str, Any]

_JOURNALS = "SELECT oid::regclass::text FROM pg_class WHERE relname = 'journal_entry' AND relkind = 'r'"
_ENTRIES = "SELECT DISTINCT type, version, subject_id IS NOT NULL, payload::text FROM {journal} WHERE {which}"
# Those of a test that never commits.
_MINE = "xid = pg_current_xact_id_if_assigned()::text::bigint"


def closed(schema: Any) -> Any:
    """Give a schema that refuses the members it does not name."""
    if isinstance(schema, list):
        return [closed(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    inner = {name: closed(one) for name, one in schema.items()}
    return {**inner, "additionalProperties": False} if schema.get("type") == "object" else inner


@cache
def _validator(name: str) -> jsonschema.Draft202012Validator:
    return jsonschema.Draft202012Validator(closed(public_types()[name].schema), format_checker=FORMATS)


def check_payload(name: str, payload: Any) -> None:
    """See that a payload is what a public type says, and nothing more.

    Raises:
        AssertionError: it is not.
    """
    faults = [f"{fault.json_path}: {fault.message}" for fault in _validator(name).iter_errors(payload)]
    assert not faults, f"{name} does not say so in its messages.py: {'; '.join(faults)}"


def check_journals(*, which: str = _MINE) -> set[str]:
    """See that the entries of every journal are what their types say; give the public types that there were.

    Raises:
        AssertionError: one is not.
    """
    found: set[str] = set()
    with connection.cursor() as cursor:
        cursor.execute(_JOURNALS)
        journals = [journal for (journal,) in cursor.fetchall()]
        cursor.execute(" UNION ".join(_ENTRIES.format(journal=journal, which=which) for journal in journals))
        for name, version, has_subject, payload in cursor.fetchall():
            event_type = public_types().get(name)
            if event_type is None:
                continue
            check_payload(name, orjson.loads(payload))
            assert (version, has_subject) == (event_type.version, True), f"{name} of version {version}"
            found.add(name)
    return found
