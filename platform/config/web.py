"""The web server: `python -m config.web`. Granian and, behind `config.front`, threads that own a connection each."""

import os
from tempfile import TemporaryDirectory

from granian import Granian
from granian.constants import Interfaces, Loops

from config import cpus

DEFAULT_WORKERS = 2
DEFAULT_THREADS = 8
BACKLOG = 1_024
# Requests that a process holds at once, whole or not.
PENDING = 4_096


def serve(*, host: str, port: int, workers: int, threads: int, target: str = "config.front:front") -> None:
    """Serve until told to stop. Each of `workers` processes answers on `threads` threads."""
    with TemporaryDirectory(prefix="aforo-web-") as folder:
        # Where the processes count together. The variable is read when prometheus_client is imported.
        os.environ.setdefault("PROMETHEUS_MULTIPROC_DIR", folder)
        # The processes read these.
        os.environ["WEB_THREADS"] = str(threads)
        os.environ[cpus.PROCESSES] = str(workers)
        os.environ[cpus.FOLDER] = folder if os.environ.get("WEB_PINNED", "1") != "0" else ""
        _serve(host, port, workers, target)


def _serve(host: str, port: int, workers: int, target: str) -> None:
    Granian(
        target,
        address=host,
        port=port,
        interface=Interfaces.RSGI,
        loop=Loops.uvloop,
        websockets=False,
        workers=workers,
        backlog=BACKLOG,
        backpressure=PENDING,
        respawn_failed_workers=True,
        log_access=False,
    ).serve()


if __name__ == "__main__":
    serve(
        host=os.environ.get("HOST", "127.0.0.1"),
        port=int(os.environ.get("PORT", "8000")),
        workers=int(os.environ.get("WEB_WORKERS", str(DEFAULT_WORKERS))),
        threads=int(os.environ.get("WEB_THREADS", str(DEFAULT_THREADS))),
    )
