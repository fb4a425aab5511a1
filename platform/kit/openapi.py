"""What the documentation says of an operation that its signature does not."""

from typing import Any

# A star, or tags as answers carry them.
_TAGS = r'^(\*|"\*"|(W/)?"[!#-~]*"(, ?(W/)?"[!#-~]*")*)$'


def _if_match(*, is_required: bool) -> dict[str, Any]:
    what = "The `ETag` of the version that was seen, or `*` for any."
    parameter = {
        "in": "header",
        "name": "If-Match",
        "required": is_required,
        "schema": {"type": "string", "pattern": _TAGS},
    }
    return {"parameters": [{**parameter, "description": what}]}


# For the documentation: a header that no signature shows, and what is no JSON.
CONTESTED, VERSIONED = _if_match(is_required=True), _if_match(is_required=False)


def answers_with(content_type: str) -> dict[str, Any]:
    """Document that a route answers with text of another type than JSON."""
    return {"responses": {200: {"description": "OK", "content": {content_type: {"schema": {"type": "string"}}}}}}


def takes(content_type: str) -> dict[str, Any]:
    """Document that a route takes a body of another type than JSON."""
    return {"requestBody": {"required": True, "content": {content_type: {"schema": {"type": "string"}}}}}
