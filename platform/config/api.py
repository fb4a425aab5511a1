"""The tenant's REST API: every router at its place."""

from django.conf import settings
from ninja.openapi.docs import Swagger

from attendance.api import routers as attendance
from catalog.api import routers as catalog
from config.contract import Contract
from identity.api import routers as identity
from journal.api import router as journal
from kit.api import install, strict
from kit.idempotency import honour
from kit.json import JSONParser, JSONRenderer
from notifications.api import router as notifications
from webhooks.api import router as webhooks

DESCRIPTION = """\
Events, sessions, registrations and check-in of one organization.

The organization is found by the host (`acme.example.com`), or on the API host by the header `X-Tenant`.
Authenticate with `Authorization: Bearer <access token>`. Errors are `application/problem+json` with a stable `code`.

Times are RFC 3339, shown in UTC. Lists are numbered pages with a total (`page`, `size`), or stretches after a cursor
(`limit`, `after`) that miss nothing while others write; `updated_since` lists what changed, deleted things as
tombstones. Send an answer's `ETag` as `If-None-Match` to be spared it (304), and as `If-Match` to change what you saw
and nothing newer.

Send an `Idempotency-Key` with any POST: sent again within 24 hours, the request has no second effect and the same
answer, with `Idempotent-Replayed: true`.
"""

api = install(
    Contract(
        title="Aforo",
        version="1",
        description=DESCRIPTION,
        urls_namespace="api",
        parser=JSONParser(),
        renderer=JSONRenderer(),
        docs=Swagger(settings={"persistAuthorization": True}),
        docs_url="/docs" if settings.DOCS else None,
        openapi_url="/openapi.json" if settings.DOCS else None,
    )
)
honour(api)
strict(api)
# The busiest first: routes are tried in turn.
for router in (*attendance, *catalog, *identity, journal, webhooks, notifications):
    api.add_router("", router)
