"""`make fuzz`: send a running `make run` what its contract allows, and what not, as an admin and as a stranger."""

import os
import subprocess
import sys
from pathlib import Path

import httpx

from config.demo import PASSWORD
from dev.places import ROOT, running_port, stop

_BIN = Path(sys.executable).parent
HOST = "acme.localhost"
# Closing sessions and changing passwords would end the run. A stranger leaves all of them out: without a credential
# schemathesis tries to log in by itself, and stops where it cannot.
_OF_SESSIONS, _OF_LOGINS = "auth/logout|password", "auth/|password"
EXAMPLES = os.environ.get("EXAMPLES", "50")


def run(url: str, *headers: str, left_out: str) -> int:
    """Run schemathesis with the headers; give its exit status."""
    command = [
        f"{_BIN}/schemathesis", "run", f"{url}/api/v1/openapi.json", "--checks", "all", "--max-examples", EXAMPLES,
        "--phases", "examples,coverage,fuzzing", "--continue-on-failure", "--exclude-path-regex", left_out,
        *(part for header in (f"Host: {HOST}", *headers) for part in ("-H", header)),
    ]  # fmt: skip
    return subprocess.run(command, cwd=ROOT, check=False).returncode  # noqa: S603 - as written here


def main() -> None:
    """Fuzz, and leave with 1 if anything was not as the contract says."""
    port = running_port()
    url = f"http://127.0.0.1:{port}"
    body = {"email": "admin@acme.example", "password": PASSWORD}
    try:
        answer = httpx.post(f"{url}/api/v1/auth/login", json=body, headers={"Host": HOST})
    except httpx.TransportError:
        stop(f"Nothing answers on port {port}: start it with `make run`, in another terminal.")
    token = answer.raise_for_status().json()["access_token"]
    of_admin = run(url, f"Authorization: Bearer {token}", left_out=_OF_SESSIONS)
    if of_admin or run(url, left_out=_OF_LOGINS):
        stop("Not everything was answered as the contract says; see above.")


if __name__ == "__main__":
    main()
