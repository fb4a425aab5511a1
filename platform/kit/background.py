"""Work that no request waits for: a thread of the process does it a moment later."""

import atexit
import threading
import time
from collections.abc import Callable

import structlog

log = structlog.get_logger()


class Chore:
    """Something that is done a moment after it is asked for, once, however often it is asked for meanwhile.

    The thread starts when it is first asked for, so that it runs in the process that asks and not in one that forked
    it. What is asked for when the process ends is done before; a process that is killed leaves it undone.
    """

    def __init__(self, name: str, do: Callable[[], None], *, seconds: float) -> None:
        self._name = name
        self._do = do
        self._seconds = seconds
        self._is_due = threading.Event()
        self._starting = threading.Lock()
        self._thread: threading.Thread | None = None

    def ask(self) -> None:
        """Have it done soon."""
        self._is_due.set()
        if self._thread is None or not self._thread.is_alive():
            with self._starting:
                if self._thread is None or not self._thread.is_alive():
                    self._thread = threading.Thread(target=self._run, name=self._name, daemon=True)
                    self._thread.start()
                    atexit.register(self._last)

    def _run(self) -> None:
        while self._is_due.wait():
            time.sleep(self._seconds)
            self._is_due.clear()
            try:
                self._do()
            except Exception:
                # One that fails must not be the last.
                log.exception("chore_failed", chore=self._name)

    def _last(self) -> None:
        if self._is_due.is_set():
            self._do()
