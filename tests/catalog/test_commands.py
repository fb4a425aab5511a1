"""Tables on the command line."""

import json
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from catalog.models import Event
from tenants.models import Organization
from tests.factories import SOON, happened, make_event

HEAD = "name,starts_at,ends_at,capacity"
ROW = f"{SOON.isoformat()},{(SOON + timedelta(hours=9)).isoformat()},5"


def run(*arguments: Any) -> str:
    out = StringIO()
    call_command(*arguments, stdout=out, stderr=out)
    return out.getvalue()


def test_what_is_exported_is_imported_elsewhere(acme: Organization, globex: Organization, tmp_path: Path) -> None:
    make_event(name="Feria")
    file = tmp_path / "events.csv"
    file.write_text(run("catalog_export", "acme", "events"))
    assert json.loads(run("catalog_import", "globex", "events", str(file)))["created"] == 1
    assert Event.objects.count() == 1
    assert "Feria" in run("catalog_export", "globex", "events")


def test_a_refused_line_is_named_and_fails_the_command(acme: Organization, tmp_path: Path) -> None:
    file = tmp_path / "events.csv"
    file.write_text(f"{HEAD}\nGood,{ROW}\n,{ROW}\n")
    out = StringIO()
    with pytest.raises(CommandError):
        call_command("catalog_import", "acme", "events", str(file), stdout=out, stderr=out)
    assert "line 3: #/name: Field required" in out.getvalue()
    assert happened() == []
    with pytest.raises(CommandError):
        call_command("catalog_import", "acme", "events", str(file), "--partial", stdout=out, stderr=out)
    assert Event.objects.get().name == "Good"


def test_a_dry_run_writes_nothing(acme: Organization, tmp_path: Path) -> None:
    file = tmp_path / "events.csv"
    file.write_text(f"{HEAD}\nGood,{ROW}\n")
    assert json.loads(run("catalog_import", "acme", "events", str(file), "--dry-run"))["valid"] == 1
    assert happened() == []


@pytest.mark.parametrize(
    "arguments", [("nobody", "events", "x.csv"), ("acme", "events", "missing.csv"), ("acme", "events", "/dev/null")]
)
def test_what_cannot_be_read_is_said(acme: Organization, arguments: tuple[str, ...]) -> None:
    with pytest.raises(CommandError):
        run("catalog_import", *arguments)
