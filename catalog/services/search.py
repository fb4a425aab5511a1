"""Keeping what searches look at true to the catalogue."""

from collections.abc import Collection
from typing import Final
from uuid import UUID

from catalog.rules import folded
from catalog.selectors.statuses import IS_OFFERED
from kit.scope import connection

# Of a public event only the sessions that are public too: a search must not tell of a speaker held back.
_TEXTS: Final = f"""
SELECT e.id, e.deleted_at IS NULL AND e.stage <> 'draft', e.deleted_at IS NULL, e.name, e.place, e.description,
       coalesce(told.titles, ''), coalesce(told.speakers, '')
  FROM catalog_event e
  LEFT JOIN LATERAL (
       SELECT string_agg(DISTINCT s.title, ' ') AS titles,
              string_agg(DISTINCT concat_ws(' ', k.name, s.presenter), ' ') AS speakers
         FROM catalog_session s
         LEFT JOIN catalog_session_speakers l ON l.session_id = s.id
         LEFT JOIN catalog_speaker k ON k.id = l.speaker_id
        WHERE s.event_id = e.id AND {IS_OFFERED}
       ) AS told ON true
 WHERE e.id = ANY(%s)
"""  # noqa: S608 - its parts are constants

_LOCK = "SELECT FROM catalog_eventtext WHERE event_id = ANY(%s) ORDER BY event_id FOR NO KEY UPDATE"
# The dictionaries that each part passes: as written, and as either language inflects.
_LANGUAGES = ("simple", "spanish", "english")
_WEIGHTS = {"name": "A", "people": "B", "place": "C", "text": "D"}
_VECTOR = " || ".join(
    f"setweight(to_tsvector('{language}', {part}), '{weight}')"
    for part, weight in _WEIGHTS.items()
    for language in _LANGUAGES
)
_UPSERT: Final = f"""
INSERT INTO catalog_eventtext (event_id, is_public, is_listed, name_key, vector)
SELECT id, is_public, is_listed, name, {_VECTOR}
  FROM unnest(%s::uuid[], %s::bool[], %s::bool[], %s::text[], %s::text[], %s::text[], %s::text[])
       AS folded (id, is_public, is_listed, name, people, place, text)
    ON CONFLICT (event_id) DO UPDATE SET is_public = excluded.is_public, is_listed = excluded.is_listed,
       name_key = excluded.name_key, vector = excluded.vector
"""  # noqa: S608 - as above


def index(event_ids: Collection[UUID]) -> None:
    """Fold the texts of events anew. Call in the transaction of whatever changed them, after its other locks."""
    if not event_ids:
        return
    with connection.cursor() as cursor:
        # Whoever else writes of these events is waited for, so that what is read next is all there is.
        cursor.execute(_LOCK, [list(event_ids)])
        cursor.execute(_TEXTS, [list(event_ids)])
        rows = [
            (*who, folded(name), folded(f"{titles} {speakers}"), folded(place), folded(description))
            for *who, name, place, description, titles, speakers in cursor.fetchall()
        ]
        cursor.execute(_UPSERT, [list(column) for column in zip(*rows, strict=True)])
