"""One at a time of one kind of work for one organization in this process: whoever finds no turn leaves it be."""

from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Lock

from kit import scope


@dataclass(slots=True, eq=False)
class Turn:
    """Somebody's turn. Closed, it lets another begin, while what is left of this one ends."""

    is_open: bool = True


_turns: defaultdict[tuple[str, str], list[Turn]] = defaultdict(list)
_taking = Lock()


@contextmanager
def turn(name: str, *, of: int = 1) -> Iterator[Turn | None]:
    """Take a turn of the present schema for the length of a block: one if none is open, of so many in all.

    Whoever had a turn must look again for work after it has ended: what came meanwhile may have found none.
    """
    key, mine = (scope.current(), name), None
    with _taking:
        others = _turns[key]
        if len(others) < of and not any(other.is_open for other in others):
            mine = Turn()
            others.append(mine)
    try:
        yield mine
    finally:
        with _taking:
            if mine:
                others.remove(mine)
                if not others:
                    del _turns[key]
