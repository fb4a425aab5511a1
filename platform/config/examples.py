"""Examples of the contract: for each operation that speaks JSON, what was sent and what was answered once.

They are taken from the tests' own calls (`make examples`), and a test holds them against the schemas.
"""

from functools import cache
from pathlib import Path
from typing import Any

import orjson

FILE = Path(__file__).with_name("examples.json")
_JSON = "application/json"


@cache
def examples() -> dict[str, dict[str, Any]]:
    """Give the examples by operation: `request`, `status` and `response`."""
    read: dict[str, dict[str, Any]] = orjson.loads(FILE.read_bytes())
    return read


def show(operation: dict[str, Any]) -> None:
    """Put an operation's example into its description."""
    example = examples().get(operation["operationId"])
    if example is None:
        return
    body = operation.get("requestBody", {}).get("content", {}).get(_JSON)
    if body is not None and example["request"] is not None:
        body["example"] = example["request"]
    answers = operation["responses"]
    answer = answers.get(example["status"]) or answers.get(str(example["status"])) or {}
    if _JSON in answer.get("content", {}):
        answer["content"][_JSON]["example"] = example["response"]
