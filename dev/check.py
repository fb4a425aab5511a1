"""`make check`: everything CI does, in order of speed, up to the first failure. The tests come after, from make."""

import os
import re
import subprocess
import sys
import time
from pathlib import Path

from dev.places import ROOT, stop

_BIN = Path(sys.executable).parent
_ADDRESS = re.compile(r"://|--(?:extra-)?index|--find-links")


def lock_without_addresses() -> None:
    """Leave if a lock file holds an address: it must install from whatever index the machine uses."""
    for file in (ROOT / "requirements").glob("*.txt"):
        if _ADDRESS.search(file.read_text()):
            stop(f"{file.name} holds the address of an index; make it anew with `make lock`.")


STEPS: list[tuple[str, list[str]]] = [
    ("ruff format", [f"{_BIN}/ruff", "format", "--check", "--quiet", "."]),
    ("ruff", [f"{_BIN}/ruff", "check", "--quiet", "."]),
    ("size budgets", [sys.executable, "-m", "dev.budgets"]),
    ("import contracts", [f"{_BIN}/lint-imports", "--no-logo"]),
    ("dependencies", [f"{_BIN}/deptry", "."]),
    ("types", [f"{_BIN}/mypy"]),
    ("missing migrations", [sys.executable, "manage.py", "makemigrations", "--check", "--dry-run"]),
    ("migration linter", [sys.executable, "manage.py", "lintmigrations"]),
]


def main() -> None:
    """Run each step; say how long it took, and all it said if it fails."""
    lock_without_addresses()
    env = {**os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings"}
    for name, command in STEPS:
        started = time.monotonic()
        done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)  # noqa: S603
        print(f"{'ok  ' if done.returncode == 0 else 'FAIL'} {name} ({time.monotonic() - started:.1f} s)", flush=True)
        if done.returncode != 0:
            print(done.stdout, done.stderr, sep="\n", flush=True)
            sys.exit(1)


if __name__ == "__main__":
    main()
