"""REST: the audit trail. It stands here because the journal knows nobody, and so cannot say who may read it."""

from collections.abc import Iterator

from django.http import StreamingHttpResponse
from django.utils.timezone import now
from ninja import Query, Router

from identity.authentication import TenantRequest, requires
from identity.rules import Operation
from identity.schemas.audit import COLUMNS, EntryOut, TrailIn, TrailTableIn, told
from journal import sealing, selectors
from kit.answers import Answer, listed
from kit.openapi import answers_with
from kit.pagination import StretchOut, every_row
from kit.tables import CSV, download, written

router = Router(tags=["Audit"])
reads = requires(Operation.AUDIT_READ)
NDJSON = "application/x-ndjson"


@router.get("/audit-log", response=StretchOut[EntryOut], auth=reads)
def list_trail(request: TenantRequest, query: Query[TrailIn]) -> Answer:
    """List what happened and who did it, from where, the newest first: writes, logins, refusals."""
    return listed(request, selectors.trail(query.filters(), query.cut(), at=now()))


@router.get("/audit-log.csv", auth=reads, openapi_extra=answers_with(CSV))
def export_table(request: TenantRequest, query: Query[TrailTableIn]) -> StreamingHttpResponse:  # noqa: ARG001 - ninja passes it
    """Download the trail as a table, filtered as the list is."""
    filters, at = query.model_dump(), now()

    def lines() -> Iterator[str]:
        yield written(COLUMNS)
        for row in every_row(lambda stretch: selectors.trail(filters, stretch, at=at)):
            yield written(told(row))

    return download(lines(), "audit-log")


@router.get("/audit-log.ndjson", auth=reads, openapi_extra=answers_with(NDJSON))
def export_sealed(request: TenantRequest) -> StreamingHttpResponse:  # noqa: ARG001 - ninja passes it
    """Download the whole trail with its seals, one JSON a line: `platform/journal/verify.py` verifies it offline."""
    response = StreamingHttpResponse(sealing.exported(), content_type=NDJSON)
    response["Content-Disposition"] = 'attachment; filename="audit-log.ndjson"'
    return response
