"""JSON over orjson, strict about what PostgreSQL could not store."""

from typing import Any

import orjson
from django.http import HttpRequest
from ninja.parser import Parser
from ninja.renderers import BaseRenderer
from pydantic import BaseModel

from kit.errors import Malformed, MediaType

NUL = b"\\u0000"


def _plain(value: Any) -> Any:
    if isinstance(value, BaseModel):
        return value.model_dump()
    msg = f"{type(value).__name__} has no JSON form"
    raise TypeError(msg)


class JSONRenderer(BaseRenderer):
    """Render a response body. Times are RFC 3339 in UTC."""

    media_type = "application/json"

    def render(self, request: HttpRequest, data: Any, *, response_status: int) -> bytes:  # noqa: ARG002 - ninja's signature
        """Serialize the body."""
        return orjson.dumps(data, default=_plain, option=orjson.OPT_UTC_Z)


class JSONParser(Parser):
    """Read a request body.

    Raises:
        Malformed: not JSON, or it holds a NUL character.
        MediaType: declared as something else than JSON.
    """

    def parse_body(self, request: HttpRequest) -> Any:
        """Parse the whole body."""
        if request.content_type not in ("application/json", ""):
            raise MediaType(f"The body is declared as {request.content_type}; send application/json")
        if NUL in request.body:
            raise Malformed("Text must not hold the NUL character")
        try:
            return orjson.loads(request.body)
        except orjson.JSONDecodeError as error:
            raise Malformed(f"The body is not JSON: {error}") from error
