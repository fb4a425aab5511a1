"""The append-only log of what happened: audit trail, outbox, pull feed and source of reports in one table."""
