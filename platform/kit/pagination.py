"""Pages: by number where users know them, by keyset cursor where a list grows without bound."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Annotated, Any
from uuid import UUID

from django.db.models import Model, QuerySet
from ninja import Field

from kit.errors import FieldError, Malformed
from kit.schemas import In

MAX_SIZE = 100
MAX_PAGE = 10_000


class PageIn(In):
    """Which page of a numbered list."""

    page: Annotated[int, Field(ge=1, le=MAX_PAGE)] = 1
    size: Annotated[int, Field(ge=1, le=MAX_SIZE)] = 20


class CursorIn(In):
    """Which stretch of a list that grows."""

    limit: Annotated[int, Field(ge=1, le=MAX_SIZE)] = 50
    after: str | None = None


def _encode(last: UUID) -> str:
    return urlsafe_b64encode(last.bytes).decode().rstrip("=")


def _decode(cursor: str) -> UUID:
    try:
        return UUID(bytes=urlsafe_b64decode(cursor + "=="))
    except ValueError as error:
        raise Malformed(
            "The cursor is not one of ours",
            errors=[FieldError("?after", "bad_cursor", "pass `next` of the page before, unchanged")],
        ) from error


def numbered[T: Model](rows: QuerySet[T], at: PageIn) -> dict[str, Any]:
    """Cut one numbered page: `{items, total, page, size}`. Costs two queries."""
    start = (at.page - 1) * at.size
    return {"items": list(rows[start : start + at.size]), "total": rows.count(), "page": at.page, "size": at.size}


def keyset[T: Model](rows: QuerySet[T], at: CursorIn) -> dict[str, Any]:
    """Cut the stretch after a cursor, newest first by id: `{items, next, has_more}`. Costs one query.

    Rows written meanwhile shift nothing: the cursor names a row, not a number of rows.

    Raises:
        Malformed: the cursor is not one of ours.
    """
    rows = rows.order_by("-pk")
    if at.after:
        rows = rows.filter(pk__lt=_decode(at.after))
    found = list(rows[: at.limit + 1])
    has_more = len(found) > at.limit
    items = found[: at.limit]
    return {"items": items, "next": _encode(items[-1].pk) if has_more else None, "has_more": has_more}
