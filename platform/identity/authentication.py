"""From a request to an `Actor`, and whether that actor may enter: the `auth=` of every route."""

from django.http import HttpRequest
from ninja.security import HttpBearer

from identity import selectors, tokens
from identity.messages import BadToken
from identity.rules import Operation, permits
from kit.actor import ANONYMOUS, Actor
from kit.errors import Forbidden, Unauthenticated
from kit.middleware import Request


class TenantRequest(Request):
    """A request that has passed `requires`."""

    actor: Actor


class Requires(HttpBearer):
    """Let in whom the table of roles grants the operation.

    A request without credential is anonymous, which some operations allow. A credential that is not
    accepted is refused even where none is needed: a caller who sends one means to be somebody.
    """

    def __init__(self, operation: Operation) -> None:
        """Guard with one operation."""
        super().__init__()
        self.operation = operation

    def __call__(self, request: HttpRequest) -> Actor:
        """Resolve and admit the caller.

        Raises:
            Unauthenticated: no credential, or none that is accepted here.
            Forbidden: the caller's role is not granted the operation.
        """
        # One request is asked who it is once, however many ask.
        actor: Actor = getattr(request, "actor", None) or self._resolved(request)
        request.actor = actor  # type: ignore[attr-defined] # from here on it is a TenantRequest
        if not permits(actor.role, self.operation):
            if actor is ANONYMOUS:
                raise Unauthenticated
            raise Forbidden(f"The role {actor.role} is not granted {self.operation}")
        return actor

    def _resolved(self, request: HttpRequest) -> Actor:
        header = request.META.get("HTTP_AUTHORIZATION", "")
        scheme, _, credential = header.partition(" ")
        if header and scheme.lower() != "bearer":
            raise Unauthenticated("Send the token as Authorization: Bearer <token>")
        return self.authenticate(request, credential.strip()) if header else ANONYMOUS

    def authenticate(self, request: HttpRequest, token: str) -> Actor:  # noqa: ARG002 - ninja's signature
        """Resolve a token.

        Raises:
            BadToken: not accepted here, or its user is gone or inactive.
        """
        actor = selectors.actor_for(tokens.user_id(token))
        if actor is None:
            raise BadToken
        return actor


def requires(operation: Operation) -> Requires:
    """Guard a route with an operation of the table."""
    return Requires(operation)
