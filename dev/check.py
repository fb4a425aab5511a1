"""`make check`: everything CI does, in order of speed, up to the first failure. The tests come after, from make."""

import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path

from dev.places import ROOT, stop

_BIN = Path(sys.executable).parent
CODE = ["analytics", "attendance", "catalog", "notifications", "platform", "tenants", "webhooks"]
_ADDRESS = re.compile(r"://|--(?:extra-)?index|--find-links")


def lock_without_addresses() -> None:
    """Leave if a lock file holds an address: it must install from whatever index the machine uses."""
    for file in (ROOT / "requirements").glob("*.txt"):
        if _ADDRESS.search(file.read_text()):
            stop(f"{file.name} holds the address of an index; make it anew with `make lock`.")


def known_vulnerabilities() -> None:
    """Leave if a pinned package has a published vulnerability. Without a network that cannot be known, and is said."""
    asked = [
        f"{_BIN}/pip-audit", "--requirement", "requirements/production.txt", "--disable-pip", "--no-deps",
        "--progress-spinner", "off", "--format", "json", "--timeout", "10",
    ]  # fmt: skip
    try:
        done = subprocess.run(asked, cwd=ROOT, capture_output=True, text=True, check=False, timeout=90)  # noqa: S603
        packages = json.loads(done.stdout)["dependencies"]
    except (subprocess.TimeoutExpired, ValueError, KeyError):
        print("skip known vulnerabilities (the advisories cannot be reached)", flush=True)
        return
    found = [f"{one['name']} {one['version']}: {bad['id']}" for one in packages for bad in one.get("vulns", ())]
    if found:
        stop("Packages with known vulnerabilities:\n" + "\n".join(found))
    audited = sum("vulns" in one for one in packages)
    print(
        f"{'ok  ' if audited else 'skip'} known vulnerabilities ({audited} of {len(packages)} packages were looked up)"
    )


STEPS: list[tuple[str, list[str]]] = [
    ("ruff format", [f"{_BIN}/ruff", "format", "--check", "--quiet", "."]),
    ("ruff", [f"{_BIN}/ruff", "check", "--quiet", "."]),
    ("size budgets", [sys.executable, "-m", "dev.budgets"]),
    ("import contracts", [f"{_BIN}/lint-imports", "--no-logo"]),
    ("security", [f"{_BIN}/bandit", "-q", "-c", "pyproject.toml", "-r", *CODE]),
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
    known_vulnerabilities()


if __name__ == "__main__":
    main()
