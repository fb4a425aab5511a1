# ruff: noqa: S608 - the statements are of these tests
"""Seals: whoever changes what was written is found out, and the entry is named."""

import subprocess
import sys
from collections.abc import Callable
from hashlib import sha256
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction
from django.utils.timezone import now

from journal import sealing, tasks, verify
from journal.messages import EventType
from journal.models import Entry, Seal
from journal.sealing import exported, verdict
from journal.services import record
from kit.actor import SYSTEM
from tenants.models import Organization
from tests.conftest import Callers
from tests.factories import NOW, make_event

HAPPENED = EventType("test.sealed", "A thing of this test.", is_public=False)


@pytest.fixture(autouse=True)
def _settled(monkeypatch: pytest.MonkeyPatch) -> None:
    """Count the test's own transaction as over: all of a test is one, and what is not settled is not sealed."""
    monkeypatch.setattr("journal.selectors.HORIZON", "9223372036854775807")


def happen(count: int) -> None:
    for number in range(count):
        payload = {"n": number, "text": "ñ €", "half": 0.5}
        record(HAPPENED, subject=None, by=SYSTEM, at=NOW, payload=payload, changes={"a": [None, number]})


@pytest.fixture
def sealed(acme: Organization, monkeypatch: pytest.MonkeyPatch) -> int:
    """Have twelve entries more under seals of five; give how many there are in all."""
    monkeypatch.setattr(sealing, "BATCH", 5)
    happen(12)
    count: int = tasks.seal(schema_name=acme.schema_name)
    assert count == Entry.objects.count() >= 12
    return count


@pytest.fixture
def unguarded(acme: Organization) -> Callable[[str], None]:
    """Run a statement as somebody who has the database and turned its guards off."""

    def run(statement: str) -> None:
        with connection.cursor() as cursor:
            for table in ("journal_entry", "journal_seal"):
                cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
            cursor.execute(statement)

    return run


def test_what_was_not_touched_is_as_it_was_sealed(sealed: int, acme: Organization) -> None:
    happen(2)
    seen = verdict()
    assert (seen.entries, seen.seals, seen.unsealed, seen.fault) == (sealed, -(-sealed // 5), 2, "")
    assert seen.last == Seal.objects.order_by("-number")[0].hash
    assert tasks.seal(schema_name=acme.schema_name) == 2
    assert tasks.seal(schema_name=acme.schema_name) == 0
    assert verdict().unsealed == 0


THIRD = "entry 3 of 5 of seal 2 is not as it was sealed"
LAST = "(SELECT last_id FROM journal_seal WHERE number = 2)"
NTH = "(SELECT id FROM journal_entry ORDER BY xid, id OFFSET 7 LIMIT 1)"


@pytest.mark.parametrize(
    ("statement", "fault"),
    [
        (f"UPDATE journal_entry SET payload = jsonb_set(payload, '{{n}}', '99') WHERE id = {NTH}", THIRD),
        (f"UPDATE journal_entry SET actor_label = 'somebody' WHERE id = {NTH}", THIRD),
        (f"UPDATE journal_entry SET occurred_at = occurred_at + interval '1 us' WHERE id = {NTH}", THIRD),
        (f"UPDATE journal_entry SET ip = '192.0.2.1' WHERE id = {NTH}", THIRD),
        (f"DELETE FROM journal_entry WHERE id = {NTH}", THIRD),
        (f"DELETE FROM journal_entry WHERE id = {LAST}", "entry 5 of 5 of seal 2, and what follows, was removed"),
        ("UPDATE journal_seal SET root = repeat('0', 64) WHERE number = 2", "seal 2 was changed"),
        ("UPDATE journal_seal SET leaves = '\\x00' WHERE number = 2", "seal 2 was changed"),
        ("UPDATE journal_seal SET sealed_at = sealed_at - interval '1 day' WHERE number = 2", "seal 2 was changed"),
        ("UPDATE journal_seal SET previous = repeat('0', 64) WHERE number = 2", "seal 2 does not follow seal 1"),
        ("DELETE FROM journal_seal WHERE number = 2", "seal 3 does not follow seal 1"),
    ],
)  # fmt: skip
def test_what_was_changed_is_named(sealed: int, unguarded: Callable[[str], None], statement: str, fault: str) -> None:
    unguarded(statement)
    seen = verdict()
    assert seen.fault.startswith(fault), seen.fault
    assert (seen.seals, seen.entries) == (1, 5)


def test_an_entry_slipped_in_is_named(sealed: int, unguarded: Callable[[str], None]) -> None:
    names = "occurred_at, type, version, subject_type, payload, changes, actor_kind, actor_label, request_id"
    unguarded(
        f"INSERT INTO journal_entry (id, xid, {names}) SELECT gen_random_uuid(), 1, {names} FROM journal_entry LIMIT 1"
    )
    assert verdict().fault.startswith("entry 1 of 5 of seal 1 is not as it was sealed")


def test_a_trail_written_anew_is_found_out_by_what_was_kept_elsewhere(
    sealed: int, unguarded: Callable[[str], None], acme: Organization
) -> None:
    kept = {2: Seal.objects.get(number=2).hash}
    unguarded(f"UPDATE journal_entry SET payload = '{{}}' WHERE id = {NTH}")
    unguarded("DELETE FROM journal_seal")
    unguarded("DELETE FROM journal_cursor WHERE name = 'sealer'")
    tasks.seal(schema_name=acme.schema_name)
    assert verdict().fault == ""
    assert verdict(known=kept).fault.startswith("seal 2 is not the one that is known")
    assert verdict(known={99: "0"}).fault == f"seal 99 is known, and the export ends at seal {Seal.objects.count()}"


@pytest.mark.parametrize(
    "statement", ["UPDATE journal_seal SET count = 1", "DELETE FROM journal_seal", "TRUNCATE journal_seal"]
)
def test_the_database_refuses_to_change_a_seal(sealed: int, statement: str) -> None:
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


def script(export: Path, *options: str) -> Any:
    """Run the verifier as somebody does who has nothing but it and the file."""
    command = [sys.executable, "-I", verify.__file__, str(export), *options]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=export.parent)


def test_an_export_is_verified_offline(sealed: int, caller: Callers, tmp_path: Path) -> None:
    answer = caller("admin").get("/audit-log.ndjson")
    assert answer["Content-Type"] == "application/x-ndjson"
    lines = b"".join(answer.streaming_content).splitlines(keepends=True)
    assert len(lines) == Entry.objects.count() + Seal.objects.count()
    export = tmp_path / "export.ndjson"
    export.write_bytes(b"".join(lines))
    good = script(export)
    assert (good.returncode, good.stderr) == (0, "")
    assert good.stdout.startswith(f"as sealed: {sealed} entries under {Seal.objects.count()} seals")
    first = Seal.objects.get(number=1)
    assert script(export, "--known", f"1:{first.hash}").returncode == 0
    assert script(export, "--known", f"1:{'0' * 64}").returncode == 1
    export.write_bytes(b"".join([*lines[:2], lines[2].replace(b"system", b"nobody"), *lines[3:]]))
    bad = script(export)
    assert bad.returncode == 1
    assert "entry 3 of 5 of seal 1 is not as it was sealed" in bad.stdout


def test_the_command_verifies_every_organization(sealed: int, unguarded: Callable[[str], None]) -> None:
    out = StringIO()
    call_command("verify_journal", stdout=out)
    assert {line.partition(":")[0] for line in out.getvalue().splitlines()} >= {"acme", "globex"}
    unguarded(f"UPDATE journal_entry SET payload = '{{}}' WHERE id = {NTH}")
    with pytest.raises(CommandError, match="1 of 1"):
        call_command("verify_journal", "acme", stdout=out)
    assert "acme: NOT AS SEALED: entry 3 of 5 of seal 2" in out.getvalue()
    with pytest.raises(CommandError, match="nobody"):
        call_command("verify_journal", "nobody")


def test_the_sweep_has_what_waits_sealed(acme: Organization, sent: list[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    happen(1)
    assert sealing.seal_if_due()
    assert ("journal.seal", {"schema_name": acme.schema_name}) in sent
    sealing.seal(at=now())
    happen(1)
    assert not sealing.seal_if_due(), "the last seal is of just now"
    monkeypatch.setattr(sealing, "EVERY", -sealing.EVERY)
    assert sealing.seal_if_due()
    sealing.seal(at=now())
    assert not sealing.seal_if_due()


@pytest.mark.parametrize("count", [*range(1, 18), 33])
def test_the_tree_is_that_of_the_standard(count: int) -> None:
    """RFC 6962, 2.1: split at the largest power of two smaller than the number of leaves."""
    leaves = [verify.leaf(str(number).encode()) for number in range(count)]

    def tree(part: list[bytes]) -> bytes:
        if len(part) == 1:
            return part[0]
        half = max(2**power for power in range(10) if 2**power < len(part))
        return sha256(b"\x01" + tree(part[:half]) + tree(part[half:])).digest()

    assert verify.root(leaves) == tree(leaves)


def test_lines_are_the_same_however_they_are_read(acme: Organization) -> None:
    event = make_event()
    assert b"".join(exported()) == b"".join(exported())
    (line,) = [one for one in exported() if b'"type":"event.created"' in one]
    assert f'"subject_id":"{event.id}"'.encode() in line
