"""Group commit: threads leave what they ask for at a desk, where a clerk has it done for all.

Whoever comes to an idle desk is served at once. Whoever comes while it is busy waits, and is served together with all
who came meanwhile: one statement, one commit, one round trip for many. Where several were served together, the clerk
waits a moment until as many have come again.

Clerks are threads that have connections of their own. They are few, so their connections know what they do.
"""

import threading
from collections import defaultdict, deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

from kit import scope
from kit.scope import connection

# How many one batch holds.
LIMIT = 64
# For how long company is waited for where there was some.
COMPANY_SECONDS = 0.005

# As many as there are scopes in which somebody waits at one time: no scope waits for another. Each is started when the
# others are busy.
_clerks = ThreadPoolExecutor(256, "clerk")


class _Slip[Asked, Told]:
    """What one thread asks for, and then what it is told. Its lock is open when it is served."""

    __slots__ = ("asked", "error", "keys", "served", "told")

    def __init__(self, asked: Asked, keys: tuple[object, ...]) -> None:
        self.asked = asked
        self.keys = keys
        self.told: Told | None = None
        self.error: BaseException | None = None
        self.served = threading.Lock()
        self.served.acquire()


class _Line[Asked, Told]:
    """Whoever waits in one scope."""

    __slots__ = ("enough", "expected", "has_clerk", "slips")

    def __init__(self) -> None:
        self.slips: deque[_Slip[Asked, Told]] = deque()
        self.has_clerk = False
        # How many were served together last, and that as many have come since.
        self.expected = 1
        self.enough = threading.Event()


class Desk[Asked, Told]:
    """A place where one kind of thing is asked for. Scopes do not share: each has a line of its own.

    `work` does a batch in a transaction of its own and tells what became of each, in order. What it raises, all of
    the batch are told. `keys` says which must not be in one batch: those that share one go one after the other.
    """

    def __init__(
        self,
        work: Callable[[Sequence[Asked]], Sequence[Told]],
        *,
        keys: Callable[[Asked], tuple[object, ...]],
    ) -> None:
        self._work = work
        self._keys = keys
        self._guard = threading.Lock()
        self._lines: defaultdict[str, _Line[Asked, Told]] = defaultdict(_Line)

    def ask(self, asked: Asked) -> Told:
        """Have it done, and give what was told. Within a transaction it is done there, alone.

        Raises:
            Exception: whatever `work` raised.
        """
        if connection.in_atomic_block:
            return self._work([asked])[0]
        name = scope.current()
        slip: _Slip[Asked, Told] = _Slip(asked, self._keys(asked))
        with self._guard:
            line = self._lines[name]
            if not line.has_clerk:
                # Refused while the process ends: then nobody is left to wait.
                _clerks.submit(self._serve, name, line)
                line.has_clerk = True
            line.slips.append(slip)
            if len(line.slips) >= line.expected:
                line.enough.set()
        slip.served.acquire()
        if slip.error is not None:
            raise slip.error
        return slip.told  # type: ignore[return-value] # it was served

    def _serve(self, name: str, line: _Line[Asked, Told]) -> None:
        """Serve a line until nobody waits there: a clerk's work."""
        while batch := self._batch(line):
            try:
                # One that broke, or is old, is opened again.
                connection.close_if_unusable_or_obsolete()
                scope.enter(name)
                for slip, told in zip(batch, self._work([slip.asked for slip in batch]), strict=True):
                    slip.told = told
            except BaseException as error:  # noqa: BLE001 - it is raised by everyone who asked
                for slip in batch:
                    slip.error = error
            for slip in batch:
                slip.served.release()

    def _batch(self, line: _Line[Asked, Told]) -> list[_Slip[Asked, Told]]:
        """Take as many as one batch holds, in the order in which they came, and leave the others in theirs."""
        if line.expected > 1:
            line.enough.wait(COMPANY_SECONDS)
        batch, left, taken = list[_Slip[Asked, Told]](), list[_Slip[Asked, Told]](), set[object]()
        with self._guard:
            while line.slips and len(batch) < LIMIT:
                slip = line.slips.popleft()
                if taken.isdisjoint(slip.keys):
                    taken.update(slip.keys)
                    batch.append(slip)
                else:
                    left.append(slip)
            line.slips.extendleft(reversed(left))
            line.expected = len(batch) or line.expected
            line.has_clerk = bool(batch)
            if len(line.slips) < line.expected:
                line.enough.clear()
        return batch
