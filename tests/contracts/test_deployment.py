"""No Docker engine is needed to see that what the deployment files name is really there."""

import ast
import os
import re
import shlex
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.conf import settings
from django.core.management import get_commands

ROOT = Path(settings.ROOT)
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
DOCKERFILE = (ROOT / "Dockerfile").read_text()
OURS = {name: service for name, service in COMPOSE["services"].items() if "build" in service}
SECRET_NAMES = {"SECRET_KEY", "ENCRYPTION_KEY", "POSTGRES_PASSWORD", "VALKEY_PASSWORD"}


def read_by_the_code() -> set[str]:
    """Name every environment variable that settings and the web server read."""
    found: set[str] = set()
    for module in ("config/settings.py", "config/web.py", "../tenants/management/commands/create_organization.py"):
        for node in ast.walk(ast.parse((ROOT / "platform" / module).read_text())):
            if isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
                called = ast.unparse(node.func)
                if called.startswith("env.") or called in {"os.environ.get", "_secret"}:
                    found.add(str(node.args[0].value))
    return found


def dockerfile(instruction: str) -> list[str]:
    text = DOCKERFILE.replace("\\\n", " ")
    return re.findall(rf"^{instruction} (.+)$", text, re.MULTILINE)


def command_exists(words: list[str]) -> None:
    assert words[0] == "python"
    if words[1] == "-m":
        assert find_spec(words[2]) is not None, words
        if words[2] == "celery":
            assert find_spec(words[words.index("-A") + 1]) is not None
    else:
        assert (ROOT / words[1]).is_file(), words
        assert words[2] in get_commands(), words


def test_the_code_reads_something() -> None:
    assert {"SECRET_KEY", "DATABASE_URL", "PORT", "WEB_WORKERS"} <= read_by_the_code()


@pytest.mark.parametrize("name", OURS)
def test_each_service_runs_what_exists_with_what_is_read(name: str) -> None:
    service = OURS[name]
    command_exists(service["command"])
    assert set(service["environment"]) <= read_by_the_code()
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    for other, condition in service["depends_on"].items():
        assert other in COMPOSE["services"]
        needs_health = condition["condition"] == "service_healthy"
        assert not needs_health or "healthcheck" in COMPOSE["services"][other]


def test_no_secret_has_a_default() -> None:
    text = (ROOT / "docker-compose.yml").read_text()
    for name in SECRET_NAMES:
        uses = re.findall(rf"\$\{{{name}[^}}]*\}}", text)
        assert uses, name
        assert all(use.startswith(f"${{{name}:?") for use in uses), uses
    for line in (ROOT / ".env.example").read_text().splitlines():
        if line.split("=")[0] in SECRET_NAMES:
            assert line.endswith("="), line


def test_ports_are_open_on_loopback_alone() -> None:
    for service in COMPOSE["services"].values():
        assert all(port.startswith("127.0.0.1:") for port in service.get("ports", []))


def test_every_volume_is_declared_and_every_server_has_a_health_check() -> None:
    named = {volume.split(":")[0] for service in COMPOSE["services"].values() for volume in service.get("volumes", [])}
    assert named == set(COMPOSE["volumes"])
    without = {name for name, service in COMPOSE["services"].items() if "healthcheck" not in service}
    # `migrate` ends by itself, and `web` has the image's own check.
    assert without == {"migrate", "web"}
    assert len(dockerfile("HEALTHCHECK")) == 1


def test_the_image_copies_what_exists_and_runs_it_unprivileged() -> None:
    sources = [words.split()[0] for words in dockerfile("COPY") if not words.startswith("--from")]
    assert all((ROOT / source).exists() for source in sources)
    packages = {source for source in sources if (ROOT / source).is_dir()} - {"platform"}
    assert packages == {"tenants", "catalog", "attendance", "webhooks", "notifications", "analytics"}
    allowed = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    assert set(sources) == allowed
    assert dockerfile("USER") == ["10001"]
    command_exists(ast.literal_eval(dockerfile("CMD")[-1]))
    final = DOCKERFILE.split("FROM ")[-1]
    assert not re.search(r"gcc|build-essential|apt-get|pip install", final)
    variables = dict(pair.split("=", 1) for line in dockerfile("ENV")[1:] for pair in shlex.split(line))
    of_python = {"PATH", "PYTHONPATH", "PYTHONUNBUFFERED", "PYTHONDONTWRITEBYTECODE", "DJANGO_SETTINGS_MODULE"}
    assert set(variables) - of_python <= read_by_the_code()


def test_every_variable_is_documented() -> None:
    documented = set(re.findall(r"^\| `([A-Z_]+)` \|", (ROOT / "docs/configuration.md").read_text(), re.MULTILINE))
    assert documented == read_by_the_code()


GOOD = "a" * 20 + "0123456789abcdefghij"


def starts(**variables: str) -> subprocess.CompletedProcess[str]:
    env = {"PATH": os.environ["PATH"], "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'platform'}", **variables}
    env["DJANGO_SETTINGS_MODULE"] = "config.settings"
    command = [sys.executable, "-c", "import django; django.setup()"]
    return subprocess.run(command, env=env, capture_output=True, text=True, check=False, cwd=ROOT)


@pytest.mark.parametrize(
    ("variables", "missing"),
    [
        ({}, "SECRET_KEY"),
        ({"SECRET_KEY": "short", "ENCRYPTION_KEY": GOOD}, "SECRET_KEY"),
        ({"SECRET_KEY": "for-debug-only-" + "x" * 40, "ENCRYPTION_KEY": GOOD}, "SECRET_KEY"),
        ({"SECRET_KEY": GOOD}, "ENCRYPTION_KEY"),
    ],
)
def test_outside_debug_it_refuses_to_start_without_real_secrets(variables: dict[str, str], missing: str) -> None:
    done = starts(**variables)
    assert done.returncode != 0
    assert f"Set {missing} to at least 32 random characters" in done.stderr


def test_with_real_secrets_it_starts() -> None:
    assert starts(SECRET_KEY=GOOD, ENCRYPTION_KEY=GOOD).returncode == 0
