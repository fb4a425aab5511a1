"""Where a web process runs: on one CPU, if there is one for each.

A Python process runs one thread at a time. Threads that take their turns on several CPUs do no more for it: each turn
finds cold what the one before has put into the caches of another CPU.
"""

import fcntl
import os
from contextlib import suppress
from pathlib import Path

# Set by whoever starts the processes: a folder of theirs, and how many they are. Without a folder nothing is done.
FOLDER, PROCESSES = "WEB_FOLDER", "WEB_WORKERS"


def settle() -> None:
    """Keep this thread, and those it will start, to one CPU, and have those that are woken wait for their turn.

    To one CPU only where the processes spread evenly over all they may use: then each CPU has as many of them, however
    many installations share the machine. Does nothing where the system cannot, or may not.
    """
    folder, processes = os.environ.get(FOLDER), int(os.environ.get(PROCESSES, "1"))
    if not folder or not hasattr(os, "SCHED_BATCH"):
        return
    # Some sandboxes refuse.
    with suppress(OSError):
        # Whoever is woken would interrupt a thread that holds what it needs first: the interpreter.
        os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))
        cpus = sorted(os.sched_getaffinity(0))
        if processes % len(cpus) == 0:
            os.sched_setaffinity(0, {cpus[_place(Path(folder), processes) % len(cpus)]})


def _place(folder: Path, places: int) -> int:
    """Take the first place that no other process has. It is this one's until it ends, however it ends."""
    for place in range(places):
        claim = os.open(folder / f"place-{place}", os.O_CREAT | os.O_RDWR, 0o600)
        try:
            fcntl.flock(claim, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(claim)
        else:
            return place
    return os.getpid()
