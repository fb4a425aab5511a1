"""Who may do what: one table, read by REST, by the admin panel and by the docs."""

from collections.abc import Iterable
from enum import StrEnum

from kit.actor import Actor


class Role(StrEnum):
    """What a user is within one organization; `operator` exists in the public schema alone."""

    ADMIN = "admin"
    ORGANIZER = "organizer"
    COORDINATOR = "coordinator"
    SCANNER = "scanner"
    ATTENDEE = "attendee"
    ANONYMOUS = "anonymous"
    OPERATOR = "operator"
    # The platform's own work. No account can have it: the database refuses to store it.
    SYSTEM = "system"
    # API keys have scopes in place of a role. No account can have it either.
    KEY = "key"


MEMBER_ROLES = (Role.ADMIN, Role.ORGANIZER, Role.COORDINATOR, Role.SCANNER, Role.ATTENDEE)


class Operation(StrEnum):
    """One thing that can be allowed."""

    EVENTS_READ = "events:read"
    EVENTS_READ_DRAFTS = "events:read_drafts"
    EVENTS_WRITE = "events:write"
    REGISTRATIONS_READ_OWN = "registrations:read_own"
    REGISTRATIONS_WRITE_OWN = "registrations:write_own"
    REGISTRATIONS_READ = "registrations:read"
    REGISTRATIONS_WRITE = "registrations:write"
    REGISTER = "registrations:register"
    RESERVE = "registrations:reserve"
    CHECK_IN = "tickets:validate"
    ANSWERS = "answers:read"
    USAGE_READ = "usage:read"
    REQUESTS_READ = "requests:read"
    PROFILE = "profile:read"
    USERS_READ = "users:read"
    USERS_WRITE = "users:write"
    KEYS_READ = "keys:read"
    KEYS_WRITE = "keys:write"
    ISSUERS_READ = "issuers:read"
    ISSUERS_WRITE = "issuers:write"
    AUDIT_READ = "audit:read"
    WEBHOOKS_READ = "webhooks:read"
    WEBHOOKS_WRITE = "webhooks:write"
    FEED_READ = "journal:read"
    NOTIFICATIONS_READ = "notifications:read"
    NOTIFICATIONS_WRITE = "notifications:write"
    PANEL = "panel:open"
    ORGANIZATIONS_READ = "organizations:read"
    ORGANIZATIONS_WRITE = "organizations:write"


# How the secret of a key begins, by which leaked ones are found.
KEY_PREFIX = "afo_"

_EVERYONE = frozenset({*MEMBER_ROLES, Role.ANONYMOUS})
_KNOWN = frozenset(MEMBER_ROLES)
_STAFF = frozenset({Role.ADMIN, Role.ORGANIZER, Role.COORDINATOR})

GRANTS: dict[Operation, frozenset[Role]] = {
    Operation.EVENTS_READ: _EVERYONE,
    Operation.EVENTS_READ_DRAFTS: _STAFF,
    Operation.EVENTS_WRITE: frozenset({Role.ADMIN, Role.ORGANIZER}),
    Operation.REGISTRATIONS_READ_OWN: _KNOWN,
    Operation.REGISTRATIONS_WRITE_OWN: _KNOWN,
    Operation.REGISTRATIONS_READ: _STAFF,
    Operation.REGISTRATIONS_WRITE: _STAFF,
    Operation.REGISTER: frozenset({Role.ADMIN, Role.ORGANIZER, Role.COORDINATOR, Role.ATTENDEE}),
    Operation.RESERVE: _EVERYONE,
    Operation.CHECK_IN: _STAFF | {Role.SCANNER},
    Operation.ANSWERS: _EVERYONE,
    Operation.USAGE_READ: _KNOWN,
    Operation.REQUESTS_READ: _KNOWN,
    Operation.PROFILE: _KNOWN,
    Operation.USERS_READ: frozenset({Role.ADMIN, Role.OPERATOR}),
    Operation.USERS_WRITE: frozenset({Role.ADMIN, Role.OPERATOR}),
    Operation.KEYS_READ: frozenset({Role.ADMIN}),
    Operation.KEYS_WRITE: frozenset({Role.ADMIN}),
    Operation.ISSUERS_READ: frozenset({Role.ADMIN}),
    Operation.ISSUERS_WRITE: frozenset({Role.ADMIN}),
    Operation.AUDIT_READ: frozenset({Role.ADMIN}),
    Operation.WEBHOOKS_READ: frozenset({Role.ADMIN}),
    Operation.WEBHOOKS_WRITE: frozenset({Role.ADMIN}),
    Operation.FEED_READ: frozenset({Role.ADMIN}),
    Operation.NOTIFICATIONS_READ: frozenset({Role.ADMIN}),
    Operation.NOTIFICATIONS_WRITE: frozenset({Role.ADMIN}),
    Operation.PANEL: _STAFF | {Role.OPERATOR},
    Operation.ORGANIZATIONS_READ: frozenset({Role.OPERATOR}),
    Operation.ORGANIZATIONS_WRITE: frozenset({Role.OPERATOR}),
}

_READS_EVENTS = frozenset({Operation.EVENTS_READ, Operation.EVENTS_READ_DRAFTS})
_READS_REGISTRATIONS = frozenset({Operation.REGISTRATIONS_READ_OWN, Operation.REGISTRATIONS_READ})

# What an API key may be given, and what it may do with it. Accounts and keys are nothing that a key may write: it
# could make itself whatever it is not.
SCOPES: dict[str, frozenset[Operation]] = {
    "events:read": frozenset({Operation.EVENTS_READ}),
    "events:read_drafts": _READS_EVENTS,
    "events:write": _READS_EVENTS | {Operation.EVENTS_WRITE},
    "registrations:read": _READS_REGISTRATIONS,
    "registrations:write": _READS_REGISTRATIONS
    | {Operation.REGISTRATIONS_WRITE_OWN, Operation.REGISTRATIONS_WRITE, Operation.REGISTER, Operation.RESERVE},
    "tickets:validate": frozenset({Operation.CHECK_IN}),
    "users:read": frozenset({Operation.USERS_READ}),
    "audit:read": frozenset({Operation.AUDIT_READ}),
    "webhooks:read": frozenset({Operation.WEBHOOKS_READ}),
    "webhooks:write": frozenset({Operation.WEBHOOKS_READ, Operation.WEBHOOKS_WRITE}),
    "journal:read": frozenset({Operation.FEED_READ}),
    "notifications:read": frozenset({Operation.NOTIFICATIONS_READ}),
    "notifications:write": frozenset({Operation.NOTIFICATIONS_READ, Operation.NOTIFICATIONS_WRITE}),
}
# What any key may do.
_EVERY_KEY = frozenset({Operation.ANSWERS, Operation.USAGE_READ, Operation.REQUESTS_READ})

# Django's permission names, as the admin panel asks for them. What is not listed is denied.
PANEL_PERMISSIONS: dict[str, Operation] = {
    "identity.view_user": Operation.USERS_READ,
    "identity.add_user": Operation.USERS_WRITE,
    "identity.change_user": Operation.USERS_WRITE,
    "identity.view_apikey": Operation.KEYS_READ,
    "identity.add_apikey": Operation.KEYS_WRITE,
    "identity.change_apikey": Operation.KEYS_WRITE,
    "journal.view_entry": Operation.AUDIT_READ,
    "webhooks.view_endpoint": Operation.WEBHOOKS_READ,
    "webhooks.add_endpoint": Operation.WEBHOOKS_WRITE,
    "webhooks.change_endpoint": Operation.WEBHOOKS_WRITE,
    "webhooks.view_attempt": Operation.WEBHOOKS_READ,
    "notifications.view_mail": Operation.NOTIFICATIONS_READ,
    "notifications.view_style": Operation.NOTIFICATIONS_READ,
    "notifications.change_style": Operation.NOTIFICATIONS_WRITE,
    "catalog.view_event": Operation.EVENTS_READ_DRAFTS,
    "catalog.add_event": Operation.EVENTS_WRITE,
    "catalog.change_event": Operation.EVENTS_WRITE,
    "catalog.view_session": Operation.EVENTS_READ_DRAFTS,
    "catalog.add_session": Operation.EVENTS_WRITE,
    "catalog.change_session": Operation.EVENTS_WRITE,
    "catalog.view_category": Operation.EVENTS_READ_DRAFTS,
    "catalog.add_category": Operation.EVENTS_WRITE,
    "catalog.change_category": Operation.EVENTS_WRITE,
    "catalog.view_venue": Operation.EVENTS_READ_DRAFTS,
    "catalog.add_venue": Operation.EVENTS_WRITE,
    "catalog.change_venue": Operation.EVENTS_WRITE,
    "catalog.view_room": Operation.EVENTS_READ_DRAFTS,
    "catalog.add_room": Operation.EVENTS_WRITE,
    "catalog.change_room": Operation.EVENTS_WRITE,
    "catalog.view_speaker": Operation.EVENTS_READ_DRAFTS,
    "catalog.add_speaker": Operation.EVENTS_WRITE,
    "catalog.change_speaker": Operation.EVENTS_WRITE,
    "attendance.view_registration": Operation.REGISTRATIONS_READ,
    "attendance.add_registration": Operation.REGISTRATIONS_WRITE,
    "attendance.change_registration": Operation.REGISTRATIONS_WRITE,
    "attendance.view_checkin": Operation.REGISTRATIONS_READ,
    "tenants.view_organization": Operation.ORGANIZATIONS_READ,
    "tenants.add_organization": Operation.ORGANIZATIONS_WRITE,
    "tenants.change_organization": Operation.ORGANIZATIONS_WRITE,
    "tenants.view_domain": Operation.ORGANIZATIONS_READ,
    "tenants.add_domain": Operation.ORGANIZATIONS_WRITE,
    "tenants.change_domain": Operation.ORGANIZATIONS_WRITE,
    "tenants.delete_domain": Operation.ORGANIZATIONS_WRITE,
}


def permits(role: str, operation: Operation) -> bool:
    """Tell whether the role may do the operation. The system may do all, unknown roles nothing."""
    return role == Role.SYSTEM or role in GRANTS[operation]


def may(by: Actor, operation: Operation) -> bool:
    """Tell whether the caller may do the operation: by role, or by the scopes of a key."""
    return permits(by.role, operation) if by.scopes is None else operation in by.scopes


def allowed_by(scopes: Iterable[str]) -> frozenset[str]:
    """Give the operations that a key of these scopes may do. Scopes that are no more allow nothing."""
    return _EVERY_KEY.union(*(SCOPES.get(scope, frozenset()) for scope in scopes))


def permits_in_panel(role: str, permission: str) -> bool:
    """Tell whether the role has Django's permission `app.action_model` in the admin panel."""
    operation = PANEL_PERMISSIONS.get(permission)
    return operation is not None and permits(role, operation)
