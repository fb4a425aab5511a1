"""Which problems the contract says that an operation may answer with."""

import re
from functools import cache
from typing import Any

from config.management.commands.openapi import contract


@cache
def _operations() -> list[tuple[str, re.Pattern[str], str, frozenset[str]]]:
    found = []
    for path, methods in contract()["paths"].items():
        address = re.compile(re.sub(r"\\{[^}]*\\}", "[^/]+", re.escape(path)))
        for method, operation in methods.items():
            codes = {code for one in operation["responses"].values() for code in one.get("x-problem-codes", ())}
            # Words before holes: /events/search is no event's id.
            found.append((path.count("{"), method.upper(), address, operation["operationId"], frozenset(codes)))
    return [rest for _, *rest in sorted(found, key=lambda one: one[0])]  # type: ignore[misc] # as above


def _operation(method: str, path: str) -> tuple[str, frozenset[str]] | None:
    for of, address, name, codes in _operations():
        if of == method.upper() and address.fullmatch(path.partition("?")[0]):
            return name, codes
    return None


def operation_of(method: str, path: str) -> str:
    """Name the operation at an address; nothing if there is none."""
    found = _operation(method, path)
    return found[0] if found else ""


def check_documented(method: str, path: str, response: Any) -> None:
    """See that the problem of an answer is one that the contract names for the operation."""
    is_problem = response.get("Content-Type", "").startswith("application/problem")
    if not is_problem or response.status_code == 405 or "Content-Encoding" in response:
        return
    found = _operation(method, path)
    if found is not None:
        code = response.json()["code"]
        assert code in found[1], f"{method} {path} answers {code}, which the contract does not say"
