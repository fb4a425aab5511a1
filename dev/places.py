"""Where this checkout keeps what it runs, and how its commands stop with one sentence."""

import fcntl
import json
import os
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import NoReturn

ROOT = Path(__file__).resolve().parent.parent
STATE = ROOT / ".aforo"


def stop(sentence: str) -> NoReturn:
    """Leave with one clear sentence and exit status 1."""
    print(sentence, file=sys.stderr, flush=True)
    raise SystemExit(1)


def state(name: str) -> Path:
    """Give the folder of one set of servers (`run`, `test`, `bench`), made if need be, closed to others."""
    folder = STATE / name
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


def unprivileged_home() -> Path:
    """Give root's folder for what an unprivileged user runs: PostgreSQL refuses to run as root.

    It lies outside the checkout, because that user may not be able to enter the folders above it, and they are
    not ours to open.
    """
    folder = Path("/var/tmp") / f"aforo-{sha256(bytes(ROOT)).hexdigest()[:12]}"  # noqa: S108 - checked below
    folder.mkdir(mode=0o755, exist_ok=True)
    facts = folder.lstat()
    if folder.is_symlink() or facts.st_uid != os.geteuid() or facts.st_mode & 0o022:
        stop(f"{folder} belongs to somebody else; remove it and try again.")
    return folder


@contextmanager
def only_one(name: str) -> Iterator[None]:
    """Hold the folder for one process at a time."""
    with (state(name) / "lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            stop(f"The servers of `{name}` are in use by another command in this checkout; wait for it, or stop it.")
        yield


def is_free(port: int) -> bool:
    """Tell whether a server can listen on the loopback port."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def free_port() -> int:
    """Find a loopback port at which nothing listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def remembered_port(file: Path) -> int:
    """Give the port that was used last time if it is free still, else another one, and remember it."""
    known = file.read_text().strip() if file.exists() else ""
    if known.isdigit() and is_free(int(known)):
        return int(known)
    port = free_port()
    file.write_text(str(port))
    return port


def running_port() -> str:
    """Tell the port of the `make run` of this checkout, unless PORT names another."""
    known = STATE / "run" / "env.json"
    return os.environ.get("PORT") or str(json.loads(known.read_text())["PORT"] if known.exists() else 8000)
