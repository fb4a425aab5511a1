"""Seals: the journal's batches, hashed into a chain, so that what was changed behind the platform's back shows.

Sealing runs in a worker, behind the writers: it costs no request anything. What is sealed is what an export says, line
by line.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import orjson
from django.utils.timezone import now

from journal import selectors
from journal.models import Cursor, Entry, Seal
from journal.selectors import SEALER
from journal.services import read_on
from journal.verify import BEGINNING, Verdict, leaf, root, seal_hash, verify
from kit.tasks import enqueue

SEAL = "journal.seal"
BATCH = 5_000
# Entries wait about as long for their seal, so that quiet organizations have few small ones.
EVERY = timedelta(minutes=1)
_FIELDS = (
    "id", "xid", "occurred_at", "type", "version", "subject_type", "subject_id", "payload", "changes", "actor_kind",
    "actor_id", "actor_label", "request_id", "ip",
)  # fmt: skip


def line_of(entry: Entry) -> bytes:
    """Write an entry as it is sealed and exported: JSON with sorted names, times in UTC with microseconds."""
    told = {name: getattr(entry, name) for name in _FIELDS}
    told["occurred_at"] = _moment(entry.occurred_at)
    return orjson.dumps(told, option=orjson.OPT_SORT_KEYS)


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def seal(*, at: datetime) -> int:
    """Seal every settled entry that has no seal yet; tell how many. Runs once at a time in a schema."""
    return read_on(SEALER, lambda entries: _seal_batch(entries, at=at), batch=BATCH)


def _seal_batch(entries: list[Entry], *, at: datetime) -> None:
    before = Seal.objects.order_by("-number").first()
    leaves = [leaf(line_of(entry)) for entry in entries]
    number, top = (before.number if before else 0) + 1, root(leaves)
    previous = before.hash if before else BEGINNING
    Seal.objects.create(
        number=number, previous=previous, root=top.hex(), leaves=b"".join(leaves), count=len(entries), sealed_at=at,
        last_xid=entries[-1].xid, last_id=entries[-1].id,
        hash=seal_hash(number=number, previous=previous, top=top.hex(), count=len(entries), sealed_at=_moment(at)),
    )  # fmt: skip


def seal_if_due() -> bool:
    """Enqueue sealing if entries wait for it long enough: the sweep's part for one schema."""
    last = Seal.objects.order_by("-number").values_list("sealed_at", flat=True).first()
    if (last is not None and last > now() - EVERY) or not selectors.is_behind(SEALER):
        return False
    enqueue(SEAL)
    return True


def exported() -> Iterator[bytes]:
    """Give the whole trail, line by line: entries in their final order, each batch with its seal behind it."""
    cursor = Cursor(name="export")
    number = 0
    while (one := Seal.objects.filter(number__gt=number).order_by("number").first()) is not None:
        yield from _between(cursor, one)
        number, cursor.xid, cursor.entry_id = one.number, one.last_xid, one.last_id
        yield _seal_line(one)
    yield from _between(cursor, None)


def _between(after: Cursor, until: Seal | None) -> Iterator[bytes]:
    entries = selectors.after(after) if until is None else selectors.up_to(after, xid=until.last_xid, id_=until.last_id)
    for entry in entries.iterator(chunk_size=1_000):
        yield line_of(entry) + b"\n"


def _seal_line(one: Seal) -> bytes:
    leaves = bytes(one.leaves)
    told = {
        "number": one.number, "previous": one.previous, "root": one.root, "hash": one.hash, "count": one.count,
        "sealed_at": _moment(one.sealed_at), "leaves": [leaves[at : at + 32].hex() for at in range(0, len(leaves), 32)],
    }  # fmt: skip
    return orjson.dumps({"seal": told}) + b"\n"


def verdict(*, known: dict[int, str] | None = None) -> Verdict:
    """Compare the present schema's journal with its seals. `known` are hashes of seals that were kept elsewhere."""
    return verify(exported(), known=known)
