"""Verify an export of an audit trail, offline: `python verify.py export.ndjson [--known NUMBER:HASH]`.

Stands alone: it needs Python 3.12 and nothing else, so that nobody must trust the platform that wrote the export.

An export is lines of JSON. A line of an entry is the entry as it was sealed, byte by byte. Behind the entries of a
batch stands the line of its seal, `{"seal": {...}}`: the hashes of the entries' lines, the root of their Merkle tree
(RFC 6962, 2.1), and a hash over all that and over the seal before. Who changes, adds or removes an entry must change
every seal from there on, and so the last one's hash: keep that elsewhere, and give it as `--known`.
"""

import argparse
import json
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

BEGINNING = "0" * 64


@dataclass(frozen=True)
class Verdict:
    """What an export is worth. `fault` names the first thing that is not as it was sealed."""

    entries: int
    seals: int
    unsealed: int
    last: str
    fault: str = ""


def leaf(line: bytes) -> bytes:
    """Hash the line of an entry."""
    return sha256(b"\x00" + line).digest()


def root(leaves: Sequence[bytes]) -> bytes:
    """Hash the hashes of a batch to one, as a Merkle tree."""
    if len(leaves) == 1:
        return leaves[0]
    half = 1 << (len(leaves) - 1).bit_length() - 1
    return sha256(b"\x01" + root(leaves[:half]) + root(leaves[half:])).digest()


def seal_hash(*, number: int, previous: str, top: str, count: int, sealed_at: str) -> str:
    """Hash a seal, and with it all before it. Hashes are hexadecimal text."""
    told = ["aforo-seal-1", str(number), previous, top, str(count), sealed_at]
    return sha256("\n".join(told).encode()).hexdigest()


def name_of(line: bytes) -> str:
    """Name the entry of a line for people."""
    try:
        entry = json.loads(line)
        return f"{entry['id']} ({entry['type']}, {entry['occurred_at']})"
    except (ValueError, KeyError, TypeError):
        return f"{line[:60]!r}"


def verify(lines: Iterable[bytes], *, known: dict[int, str] | None = None) -> Verdict:
    """Follow the chain from its beginning to the first fault. `known` are hashes of seals that were kept elsewhere."""
    entries, seals, previous = 0, 0, BEGINNING
    batch: list[bytes] = []
    for raw in lines:
        line = raw.rstrip(b"\r\n")
        if not line:
            continue
        if not line.startswith(b'{"seal"'):
            batch.append(line)
            continue
        fault = _fault(batch, line, number=seals + 1, previous=previous, known=known or {})
        if fault:
            return Verdict(entries, seals, len(batch), previous, fault)
        entries, seals, previous, batch = entries + len(batch), seals + 1, json.loads(line)["seal"]["hash"], []
    missing = [number for number in known or {} if number > seals]
    fault = f"seal {missing[0]} is known, and the export ends at seal {seals}" if missing else ""
    return Verdict(entries, seals, len(batch), previous, fault)


def _fault(batch: list[bytes], line: bytes, *, number: int, previous: str, known: dict[int, str]) -> str:
    try:
        seal = json.loads(line)["seal"]
        leaves = [bytes.fromhex(one) for one in seal["leaves"]]
        told = {name: seal[name] for name in ("number", "previous", "count", "sealed_at")}
        top, own = seal["root"], seal["hash"]
    except (ValueError, KeyError, TypeError):
        return f"the line behind seal {number - 1} is no seal"
    if told["number"] != number or told["previous"] != previous:
        return f"seal {told['number']} does not follow seal {number - 1}: a seal was removed, added or changed"
    is_whole = leaves and len(leaves) == told["count"] and root(leaves).hex() == top
    if not is_whole or seal_hash(top=top, **told) != own:
        return f"seal {number} was changed"
    if known.get(number, own) != own:
        return f"seal {number} is not the one that is known: the trail was written anew up to there"
    return _fault_among(batch, leaves, number)


def _fault_among(batch: list[bytes], leaves: list[bytes], number: int) -> str:
    for place, sealed in enumerate(leaves):
        which = f"entry {place + 1} of {len(leaves)} of seal {number}"
        if place >= len(batch):
            return f"{which}, and what follows, was removed"
        if leaf(batch[place]) != sealed:
            return f"{which} is not as it was sealed: {name_of(batch[place])}"
    return f"an entry was added to seal {number}: {name_of(batch[len(leaves)])}" if len(batch) > len(leaves) else ""


def told(verdict: Verdict) -> str:
    """Say a verdict in one line."""
    what = f"{verdict.entries} entries under {verdict.seals} seals, {verdict.unsealed} behind the last"
    if verdict.fault:
        return f"NOT AS SEALED: {verdict.fault}; as sealed up to there: {what}"
    return f"as sealed: {what}; seal {verdict.seals} is {verdict.last}"


def main() -> int:
    """Verify a file; give 0 if all is as it was sealed, else 1."""
    parser = argparse.ArgumentParser(description="Verify an export of an audit trail.")
    parser.add_argument("export", type=Path)
    parser.add_argument("--known", action="append", default=[], metavar="NUMBER:HASH", help="a seal kept elsewhere")
    asked = parser.parse_args()
    known = {int(number): hashed for number, _, hashed in (one.partition(":") for one in asked.known)}
    with asked.export.open("rb") as lines:
        verdict = verify(lines, known=known)
    sys.stdout.write(told(verdict) + "\n")
    return 1 if verdict.fault else 0


if __name__ == "__main__":
    sys.exit(main())
