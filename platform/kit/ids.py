"""Identifiers: UUIDv7 (RFC 9562), so that newer rows sort after older ones and indexes stay dense."""

from uuid import UUID

from uuid_utils.compat import uuid7


def new_id() -> UUID:
    """Make an identifier that sorts by the moment of its making."""
    return uuid7()
