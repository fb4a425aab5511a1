"""Child processes that end with the command that started them."""

import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

_PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None


def _die_with_parent() -> None:
    """Have the kernel stop this child should its parent be killed. Runs between fork and exec."""
    if _LIBC is not None:
        _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGINT)


@dataclass
class Child:
    """A named process in a session of its own: the terminal's Ctrl-C reaches its parent alone."""

    name: str
    process: subprocess.Popen[bytes]
    log: Path

    def stop(self, *, by: signal.Signals, within: float) -> None:
        """Ask it to end; end it, with all it started, if it has not after so many seconds."""
        if self.process.poll() is None:
            self.process.send_signal(by)
            with suppress(subprocess.TimeoutExpired):
                self.process.wait(timeout=within)
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def last_words(self, lines: int = 15) -> str:
        """Give the end of its log."""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])


def spawn(
    name: str,
    command: Sequence[str | Path],
    *,
    log: Path,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    uid: int | None = None,
    text: str = "",
) -> Child:
    """Start a process that writes to a log, as another user if told, with `text` on its standard input."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as out:
        process = subprocess.Popen(  # noqa: S603 - our own commands
            [str(part) for part in command],
            stdin=subprocess.PIPE if text else subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            env=dict(env) if env is not None else None,
            cwd=cwd,
            user=uid,
            group=uid,
            extra_groups=[] if uid is not None else None,
            start_new_session=True,
            preexec_fn=_die_with_parent,  # noqa: PLW1509 - no thread runs yet, and it calls only prctl
        )
    if text and process.stdin:
        process.stdin.write(text.encode())
        process.stdin.close()
    return Child(name, process, log)
