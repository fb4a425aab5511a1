"""What the contract's schemas say of calls."""

from datetime import datetime
from functools import cache
from typing import Any

import jsonschema

from config.management.commands.openapi import contract

_JSON = "application/json"
FORMATS = jsonschema.FormatChecker()


@FORMATS.checks("date-time", raises=ValueError)
def _is_moment(value: object) -> bool:
    """Read RFC 3339, which jsonschema itself reads only with a package more."""
    return not isinstance(value, str) or ("T" in value and datetime.fromisoformat(value).tzinfo is not None)


@cache
def operations() -> dict[str, dict[str, Any]]:
    """Give the operations by name."""
    return {one["operationId"]: one for methods in contract()["paths"].values() for one in methods.values()}


def taken(operation: str) -> dict[str, Any] | None:
    """Give what is said of the JSON that an operation takes."""
    return _content(operations()[operation].get("requestBody", {}))


def answered(operation: str, status: int) -> dict[str, Any] | None:
    """Give what is said of the JSON that an operation answers with."""
    return _content(operations()[operation]["responses"].get(str(status), {}))


def _content(holder: dict[str, Any]) -> dict[str, Any] | None:
    content: dict[str, Any] | None = holder.get("content", {}).get(_JSON)
    return content


def check(value: Any, content: dict[str, Any]) -> None:
    """See that a value is as a schema says.

    Raises:
        jsonschema.ValidationError: it is not.
    """
    schema = {**content["schema"], "components": contract()["components"]}
    jsonschema.Draft202012Validator(schema, format_checker=FORMATS).validate(value)


def is_as_told(operation: str, call: dict[str, Any]) -> bool:
    """Tell whether a call, its request and its answer, is as the contract says."""
    spoken = [(call["request"], taken(operation)), (call["response"], answered(operation, call["status"]))]
    try:
        for value, content in spoken:
            if content is not None:
                check(value, content)
    except jsonschema.ValidationError:
        return False
    return True
