"""REST: the accounts of the organization, for its admins."""

from uuid import UUID

from django.utils.timezone import now
from ninja import Query, Router, Status

from identity import selectors, services
from identity.authentication import TenantRequest, requires
from identity.models import User
from identity.rules import Operation
from identity.schemas.accounts import UserChangesIn, UserIn, UserOut, UsersIn
from kit.answers import Answer, listed
from kit.pagination import StretchOut

router = Router(tags=["Users"])
reads, writes = requires(Operation.USERS_READ), requires(Operation.USERS_WRITE)


@router.get("/users", response=StretchOut[UserOut], auth=reads)
def list_users(request: TenantRequest, query: Query[UsersIn]) -> Answer:
    """List the accounts, the youngest first."""
    return listed(request, selectors.users(query.filters(), query.cut(), at=now()))


@router.post("/users", response={201: UserOut}, auth=writes)
def create_user(request: TenantRequest, payload: UserIn) -> Status[User]:
    """Open an account with a role."""
    fields = {**payload.model_dump(), "password": payload.password.get_secret_value()}
    return Status(201, services.create_user(**fields, by=request.actor, at=now()))


@router.get("/users/{uuid:user_id}", response=UserOut, auth=reads)
def show_user(request: TenantRequest, user_id: UUID) -> User:  # noqa: ARG001 - ninja passes it
    """Show an account."""
    return selectors.user(user_id)


@router.patch("/users/{uuid:user_id}", response=UserOut, auth=writes)
def update_user(request: TenantRequest, user_id: UUID, payload: UserChangesIn) -> User:
    """Change an account's name, role or activity. A new role is felt within seconds."""
    changes = payload.model_dump(exclude_unset=True)
    return services.update_user(user_id=user_id, changes=changes, by=request.actor, at=now())
