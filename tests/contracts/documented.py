"""Which problems the contract says that an operation may answer with."""

import re
from functools import cache
from typing import Any

from config.api import api


@cache
def _operations() -> list[tuple[str, re.Pattern[str], frozenset[str]]]:
    found = []
    for path, methods in api.get_openapi_schema(path_prefix="/api/v1/")["paths"].items():
        address = re.compile(re.sub(r"\\{[^}]*\\}", "[^/]+", re.escape(path)))
        for method, operation in methods.items():
            codes = {code for one in operation["responses"].values() for code in one.get("x-problem-codes", ())}
            # Words before holes: /events/search is no event's id.
            found.append((path.count("{"), method.upper(), address, frozenset(codes)))
    return [rest for _, *rest in sorted(found, key=lambda one: one[0])]  # type: ignore[misc] # as above


def check_documented(method: str, path: str, response: Any) -> None:
    """See that the problem of an answer is one that the contract names for the operation."""
    is_problem = response.get("Content-Type", "").startswith("application/problem")
    if not is_problem or response.status_code == 405 or "Content-Encoding" in response:
        return
    for of, address, codes in _operations():
        if of == method.upper() and address.fullmatch(path.partition("?")[0]):
            code = response.json()["code"]
            assert code in codes, f"{method} {path} answers {code}, which the contract does not say"
            return
