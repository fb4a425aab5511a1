"""The receivers that the documentation shows: they take what is signed, and nothing else."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import httpx
import pytest
from django.conf import settings
from django.utils.timezone import now

from dev.places import free_port
from kit.egress import Client
from webhooks.services.sending import Addressee, Message, headers, send

EXAMPLES = Path(settings.ROOT) / "docs" / "examples"
SECRET, OTHER = "whsec_c2VjcmV0LXNlY3JldC1zZWNyZXQ=", "whsec_b3RoZXItb3RoZXItb3RoZXItb3Q="
COMMANDS = {"receiver.py": sys.executable, "receiver.mjs": shutil.which("node")}


@pytest.fixture(params=[name for name, command in COMMANDS.items() if command])
def example(request: pytest.FixtureRequest) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    port = free_port()
    env = {**os.environ, "SECRET": SECRET, "PORT": str(port)}
    command = [str(COMMANDS[request.param]), str(EXAMPLES / request.param)]
    process = subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    url = f"http://127.0.0.1:{port}/"
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        with suppress(httpx.TransportError):
            httpx.post(url, content=b"")
            break
        time.sleep(0.05)
    yield url, process
    process.kill()
    process.wait()
    assert process.stdout is not None
    process.stdout.close()


def test_a_documented_receiver_takes_what_is_signed_and_nothing_else(
    example: tuple[str, subprocess.Popen[bytes]],
) -> None:
    url, process = example
    body = b'{"type":"event.created","timestamp":"2027-03-01T12:00:00Z","data":{"name":"\xc3\x81gora"}}'
    message = Message("one", Addressee(url, (SECRET, OTHER)), body)
    with Client(seconds=5) as client:
        assert [send(client, message, at=now()).status for _ in range(2)] == [204, 204]
        forged = Message("two", Addressee(url, (OTHER,)), body)
        assert send(client, forged, at=now()).status == 401
    with httpx.Client() as client:
        signed = headers(message, at=now())
        assert client.post(url, content=body + b" ", headers=signed).status_code == 401
        assert client.post(url, content=body, headers={**signed, "webhook-timestamp": "1"}).status_code == 401
        assert client.post(url, content=body, headers={**signed, "webhook-id": "three"}).status_code == 401
    process.terminate()
    assert process.stdout is not None
    # Twice sent, and once taken.
    assert process.stdout.read().count(b"event.created") == 1
