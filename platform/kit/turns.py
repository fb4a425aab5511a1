"""So many at a time of one kind of work for one organization in this process: whoever finds no turn leaves it be."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

from kit import scope

_taken: Counter[tuple[str, str]] = Counter()
_taking = Lock()


@contextmanager
def turn(name: str, *, of: int) -> Iterator[bool]:
    """Take one of so many turns of the present schema for the length of a block; tell whether there was one left.

    Whoever had a turn must look again for work after it has ended: what came meanwhile may have found none.
    """
    key = (scope.current(), name)
    with _taking:
        is_mine = _taken[key] < of
        _taken[key] += is_mine
    try:
        yield is_mine
    finally:
        with _taking:
            _taken[key] -= is_mine
            if not _taken[key]:
                del _taken[key]
