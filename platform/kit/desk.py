"""Group commit: threads leave what they ask for at a desk, and one of them has it done for all.

Whoever comes to an idle desk is served at once. Whoever comes while it is busy waits, and is served together with all
who came meanwhile: one statement, one commit, one round trip for many. After several were served together more are
likely to be on their way, and whoever comes to the idle desk next waits a moment for them.
"""

import threading
from collections import deque
from collections.abc import Callable, Sequence
from time import sleep

from kit import scope
from kit.scope import connection

# How many one batch holds.
LIMIT = 64
# For how long company is waited for where there was some.
COMPANY_SECONDS = 0.0015


class _Slip[Asked, Told]:
    """What one thread asks for, and then what it is told. Its lock is open when it is its turn, or it is served."""

    __slots__ = ("asked", "error", "is_served", "told", "turn")

    def __init__(self, asked: Asked) -> None:
        self.asked = asked
        self.told: Told | None = None
        self.error: BaseException | None = None
        self.is_served = False
        self.turn = threading.Lock()


class Desk[Asked, Told]:
    """A place where one kind of thing is asked for. Scopes do not share: each has a queue of its own.

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
        # Of scopes that are being served: whoever waits there.
        self._queues: dict[str, deque[_Slip[Asked, Told]]] = {}
        # Scopes whose last batch held several.
        self._crowded: set[str] = set()

    def ask(self, asked: Asked) -> Told:
        """Have it done, and give what was told. Within a transaction it is done there, alone.

        Raises:
            Exception: whatever `work` raised.
        """
        if connection.in_atomic_block:
            return self._work([asked])[0]
        name = scope.current()
        slip: _Slip[Asked, Told] = _Slip(asked)
        slip.turn.acquire()
        with self._guard:
            queue = self._queues.get(name)
            if queue is None:
                self._queues[name] = deque()
            else:
                queue.append(slip)
        if queue is not None:
            slip.turn.acquire()
        elif name in self._crowded:
            sleep(COMPANY_SECONDS)
        if not slip.is_served:
            self._serve(name, slip)
        if slip.error is not None:
            raise slip.error
        return slip.told  # type: ignore[return-value] # it was served

    def _serve(self, name: str, first: _Slip[Asked, Told]) -> None:
        """Serve a batch, and hand the desk to whoever is next."""
        batch = self._batch(name, first)
        try:
            for slip, told in zip(batch, self._work([slip.asked for slip in batch]), strict=True):
                slip.told = told
        except BaseException as error:  # noqa: BLE001 - it is raised by everyone who asked
            for slip in batch:
                slip.error = error
        finally:
            self._pass_on(name)
            for slip in batch:
                slip.is_served = True
                if slip is not first:
                    slip.turn.release()

    def _batch(self, name: str, first: _Slip[Asked, Told]) -> list[_Slip[Asked, Told]]:
        """Take as many as one batch holds, whoever asked first first, and leave the others in their order."""
        batch, taken = [first], set(self._keys(first.asked))
        with self._guard:
            queue: deque[_Slip[Asked, Told]] = self._queues[name]
            left: deque[_Slip[Asked, Told]] = deque()
            while queue and len(batch) < LIMIT:
                slip = queue.popleft()
                keys = self._keys(slip.asked)
                if taken.isdisjoint(keys):
                    taken.update(keys)
                    batch.append(slip)
                else:
                    left.append(slip)
            queue.extendleft(reversed(left))
            if len(batch) > 1:
                self._crowded.add(name)
            else:
                self._crowded.discard(name)
        return batch

    def _pass_on(self, name: str) -> None:
        with self._guard:
            queue = self._queues[name]
            if queue:
                queue.popleft().turn.release()
            else:
                del self._queues[name]
