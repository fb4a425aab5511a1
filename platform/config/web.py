"""The web server: `python -m config.web`. Granian, WSGI on threads: a thread owns its connection and its schema."""

import os
from tempfile import TemporaryDirectory

from granian import Granian
from granian.constants import Interfaces

DEFAULT_WORKERS = 2
DEFAULT_THREADS = 8
BACKLOG = 1_024


def serve(*, host: str, port: int, workers: int, threads: int, target: str = "config.wsgi:application") -> None:
    """Serve until told to stop. Each of `workers` processes answers on `threads` threads."""
    with TemporaryDirectory(prefix="aforo-metrics-") as folder:
        # Where the processes count together. The variable is read when prometheus_client is imported.
        os.environ.setdefault("PROMETHEUS_MULTIPROC_DIR", folder)
        _serve(host, port, workers, threads, target)


def _serve(host: str, port: int, workers: int, threads: int, target: str) -> None:
    Granian(
        target,
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        workers=workers,
        blocking_threads=threads,
        backlog=BACKLOG,
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
