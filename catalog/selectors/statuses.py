"""The status in SQL, for filters and rows. `catalog.rules.Life` says the same; a test holds the two together."""

# Of an event `e`, the sessions `s` that are offered with it: whatever is not held back from those who see the event.
IS_OFFERED = "s.deleted_at IS NULL AND s.cancelled_at IS NULL AND (s.stage <> 'draft' OR e.stage = 'draft')"


def _status(*, stage: str, suspended: str, cancelled: str, span: str) -> str:
    return f"""
        CASE WHEN {cancelled} THEN 'cancelled'
             WHEN {stage} = 'draft' THEN 'draft'
             WHEN %(at)s::timestamptz >= {span}.ends_at THEN 'finished'
             WHEN {suspended} THEN 'suspended'
             WHEN %(at)s::timestamptz >= {span}.starts_at AND {stage} <> 'teaser' THEN 'in_progress'
             ELSE {stage} END
    """


EVENT_STATUS = _status(
    stage="e.stage", suspended="e.suspended_at IS NOT NULL", cancelled="e.cancelled_at IS NOT NULL", span="e"
)
SESSION_STAGE = """
    (CASE WHEN 'draft' IN (s.stage, e.stage) THEN 'draft' WHEN 'teaser' IN (s.stage, e.stage) THEN 'teaser'
          WHEN 'presale' IN (s.stage, e.stage) THEN 'presale' ELSE 'on_sale' END)
"""
SESSION_STATUS = _status(
    stage=SESSION_STAGE,
    suspended="(s.suspended_at IS NOT NULL OR e.suspended_at IS NOT NULL)",
    cancelled="(s.cancelled_at IS NOT NULL OR e.cancelled_at IS NOT NULL)",
    span="s",
)
