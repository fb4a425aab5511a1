"""`make examples`: the contract's examples, taken from what tests really sent and were really answered.

With HARVEST naming a file, every call that succeeds is noted in it, a line each; then, for each operation, the one
whose length is nearest to what one likes to read is kept. Names of the moment are made the same each time.
"""

import os
import re
import sys
from pathlib import Path
from typing import Any

import django
import orjson

from config.examples import FILE

LIKED = 600
# So many of a list show what it is of: each type of event comes with a schema.
LISTED = 3
_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
# What opens something, or did, is not shown; nor is what only its test understands.
_HIDDEN = (
    (re.compile(r"eyJ[\w-]+\.[\w-]+\.[\w-]+"), "eyJhbGciOiJFZERTQSJ9.e30.c2lnbmF0dXJl"),
    (re.compile(r"afo_[A-Za-z0-9_]{20,}"), "afo_3k9f0a_shown_once"),
)
_ODD = re.compile(r"[^\x20-\x7e\xa1-\xff]|[<>]|'--|x{9}|a{9}")


def note(operation: str, body: Any, response: Any) -> None:
    """Note a call of an operation, if it succeeded and somebody asks for examples."""
    file = os.environ.get("HARVEST")
    is_json = response.get("Content-Type", "").startswith("application/json")
    if not file or not operation or not 200 <= response.status_code < 300:
        return
    told = {
        "operation": operation, "request": body if isinstance(body, dict | list) else None,
        "status": response.status_code, "response": response.json() if is_json and response.content else None,
    }  # fmt: skip
    with Path(f"{file}.{os.getpid()}").open("ab") as lines:
        lines.write(orjson.dumps(told, default=str) + b"\n")


def _awkwardness(call: dict[str, Any]) -> float:
    """Tell how far a call is from one that is good to read."""
    text = orjson.dumps([call["request"], call["response"]]).decode()
    lists = [part for part in (call["response"], *_members(call["response"])) if isinstance(part, list)]
    is_empty = bool(lists) and not any(lists)
    oddities = 5_000 * is_empty + 3_000 * (_ODD.search(text) is not None) + 1_000 * (call["request"] == {})
    return float(abs(len(text) - LIKED) + oddities)


def _members(value: Any) -> list[Any]:
    return list(value.values()) if isinstance(value, dict) else []


def _settled(calls: dict[str, Any]) -> bytes:
    text = orjson.dumps(calls, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS).decode()
    known: dict[str, str] = {}
    text = _ID.sub(lambda found: known.setdefault(found[0], f"01a20000-0000-7000-8000-{len(known) + 1:012d}"), text)
    for secret, shown in _HIDDEN:
        text = secret.sub(shown, text)
    return text.encode() + b"\n"


def main() -> None:
    """Keep one call of each operation that is as its schemas say: `python -m tests.contracts.harvest <file>`."""
    django.setup()
    from tests.contracts.schemas import is_as_told  # noqa: PLC0415 - Django is set up first

    best: dict[str, dict[str, Any]] = {}
    file = Path(sys.argv[1])
    for lines in file.parent.glob(f"{file.name}.[0-9]*"):
        for call in map(orjson.loads, lines.read_bytes().splitlines()):
            name = call.pop("operation")
            if isinstance(call["response"], list):
                del call["response"][LISTED:]
            is_better = name not in best or _awkwardness(call) < _awkwardness(best[name])
            if is_better and is_as_told(name, call):
                best[name] = call
    FILE.write_bytes(_settled(best))
    sys.stdout.write(f"{len(best)} operations have an example in {FILE.name}\n")


if __name__ == "__main__":
    main()
