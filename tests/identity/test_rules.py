"""The table of roles, written out again: a change of it is a change of this test."""

import pytest
from django.db import IntegrityError

from identity.rules import GRANTS, PANEL_PERMISSIONS, Operation, Role, permits, permits_in_panel
from tenants.models import Organization
from tests.factories import make_member

# Rows: operations. Columns: admin, organizer, coordinator, scanner, attendee, anonymous, operator.
COLUMNS = (
    Role.ADMIN, Role.ORGANIZER, Role.COORDINATOR, Role.SCANNER, Role.ATTENDEE, Role.ANONYMOUS, Role.OPERATOR,
)  # fmt: skip
TABLE = {
    Operation.EVENTS_READ:          "x x x x x x .",
    Operation.EVENTS_READ_DRAFTS:   "x x x . . . .",
    Operation.EVENTS_WRITE:         "x x . . . . .",
    Operation.REGISTRATIONS_READ_OWN: "x x x x x . .",
    Operation.REGISTRATIONS_WRITE_OWN: "x x x x x . .",
    Operation.REGISTRATIONS_READ:   "x x x . . . .",
    Operation.REGISTRATIONS_WRITE:  "x x x . . . .",
    Operation.REGISTER:             "x x x . x . .",
    Operation.RESERVE:              "x x x x x x .",
    Operation.CHECK_IN:             "x x x x . . .",
    Operation.ANSWERS:              "x x x x x x .",
    Operation.USAGE_READ:           "x x x x x . .",
    Operation.REQUESTS_READ:        "x x x x x . .",
    Operation.PROFILE:              "x x x x x . .",
    Operation.USERS_READ:           "x . . . . . x",
    Operation.USERS_WRITE:          "x . . . . . x",
    Operation.KEYS_READ:            "x . . . . . .",
    Operation.KEYS_WRITE:           "x . . . . . .",
    Operation.ISSUERS_READ:         "x . . . . . .",
    Operation.ISSUERS_WRITE:        "x . . . . . .",
    Operation.AUDIT_READ:           "x . . . . . .",
    Operation.WEBHOOKS_READ:        "x . . . . . .",
    Operation.WEBHOOKS_WRITE:       "x . . . . . .",
    Operation.FEED_READ:            "x . . . . . .",
    Operation.NOTIFICATIONS_READ:   "x . . . . . .",
    Operation.NOTIFICATIONS_WRITE:  "x . . . . . .",
    Operation.PANEL:                "x x x . . . x",
    Operation.ORGANIZATIONS_READ:   ". . . . . . x",
    Operation.ORGANIZATIONS_WRITE:  ". . . . . . x",
}  # fmt: skip


@pytest.mark.parametrize("operation", Operation)
def test_each_role_may_do_what_the_table_says(operation: Operation) -> None:
    told = "".join("x" if permits(role, operation) else "." for role in COLUMNS)
    assert told == TABLE[operation].replace(" ", "")


def test_the_table_is_complete() -> None:
    assert {*COLUMNS, Role.SYSTEM, Role.KEY} == set(Role)
    assert set(GRANTS) == set(TABLE) == set(Operation)


def test_the_system_may_do_all_and_no_account_can_be_it(acme: Organization) -> None:
    assert all(permits(Role.SYSTEM, operation) for operation in Operation)
    with pytest.raises(IntegrityError, match="user_role_is_known"):
        make_member(Role.SYSTEM)


def test_an_unknown_role_may_do_nothing() -> None:
    assert not any(permits("root", operation) for operation in Operation)


def test_the_panel_denies_what_is_not_listed() -> None:
    assert permits_in_panel(Role.ADMIN, "catalog.change_event")
    assert not permits_in_panel(Role.ADMIN, "catalog.delete_seatpool")
    assert not any(permits_in_panel(Role.ATTENDEE, permission) for permission in PANEL_PERMISSIONS)
