"""Fill what 0003 made from what is there."""

import re
import unicodedata
from typing import Any

from django.db import migrations

VENUES = """
    INSERT INTO catalog_venue (id, created_at, updated_at, version, name, address)
    SELECT gen_random_uuid(), now(), now(), 1, venue, ''
      FROM (SELECT DISTINCT venue FROM catalog_room WHERE venue <> '') AS named
"""
ROOMS = "UPDATE catalog_room SET venue_id = v.id FROM catalog_venue v WHERE v.name = catalog_room.venue"
# Of sessions that overlap already, the earlier-made keeps the room or speaker; the other is told at its next change.
BOOKINGS = """
    INSERT INTO catalog_booking (session_id, resource_id, starts_at, ends_at)
    SELECT s.id, held.resource_id, s.starts_at, s.ends_at
      FROM catalog_session s
      JOIN catalog_event e ON e.id = s.event_id AND e.deleted_at IS NULL
      JOIN (SELECT id AS session_id, room_id AS resource_id FROM catalog_session WHERE room_id IS NOT NULL
            UNION ALL SELECT session_id, speaker_id FROM catalog_session_speakers) AS held ON held.session_id = s.id
     WHERE s.deleted_at IS NULL AND s.cancelled_at IS NULL
     ORDER BY s.id
        ON CONFLICT DO NOTHING
"""
TEXTS = """
    SELECT e.id, e.deleted_at IS NULL AND e.stage <> 'draft', e.deleted_at IS NULL, e.name, e.place, e.description,
           (SELECT string_agg(s.title, ' ') FROM catalog_session s WHERE s.event_id = e.id
               AND s.deleted_at IS NULL AND s.cancelled_at IS NULL AND (s.stage <> 'draft' OR e.stage = 'draft')),
           (SELECT string_agg(k.name, ' ') FROM catalog_session s
              JOIN catalog_session_speakers l ON l.session_id = s.id JOIN catalog_speaker k ON k.id = l.speaker_id
             WHERE s.event_id = e.id AND s.deleted_at IS NULL AND s.cancelled_at IS NULL
               AND (s.stage <> 'draft' OR e.stage = 'draft'))
      FROM catalog_event e
"""
LANGUAGES = ("simple", "spanish", "english")
PARTS = {
    "name": ("A", LANGUAGES),
    "people": ("B", LANGUAGES),
    "place": ("C", LANGUAGES),
    "description": ("D", LANGUAGES),
}  # fmt: skip
VECTOR = " || ".join(
    f"setweight(to_tsvector('{language}', %({part})s), '{weight}')"
    for part, (weight, languages) in PARTS.items()
    for language in languages
)
_COLUMNS = "event_id, is_public, is_listed, name_key, vector"
_VALUES = f"VALUES (%(id)s, %(is_public)s, %(is_listed)s, %(name)s, {VECTOR})"
INDEX = f"INSERT INTO catalog_eventtext ({_COLUMNS}) {_VALUES} ON CONFLICT DO NOTHING"


def _folded(text: str | None) -> str:
    parted = unicodedata.normalize("NFKD", (text or "")[:40_000].casefold())
    plain = "".join(letter for letter in parted if not unicodedata.combining(letter))
    return re.sub(r"[\W_]+", " ", plain)[:40_000].strip()


def _index(apps: Any, schema_editor: Any) -> None:  # noqa: ARG001 - Django calls it so
    with schema_editor.connection.cursor() as cursor:
        cursor.execute(TEXTS)
        for event_id, is_public, is_listed, name, place, description, titles, speakers in cursor.fetchall():
            texts = {
                "name": name,
                "people": f"{titles or ''} {speakers or ''}",
                "place": place,
                "description": description,
            }
            folded = {part: _folded(text) for part, text in texts.items()}
            cursor.execute(INDEX, {"id": event_id, "is_public": is_public, "is_listed": is_listed, **folded})


class Migration(migrations.Migration):
    """Data alone."""

    dependencies = [("catalog", "0003_schedule_search_venues")]
    operations = [
        migrations.RunSQL("SET LOCAL lock_timeout = '5s'", migrations.RunSQL.noop),
        migrations.RunSQL(VENUES, migrations.RunSQL.noop),
        migrations.RunSQL(ROOMS, migrations.RunSQL.noop),
        migrations.RunSQL(BOOKINGS, migrations.RunSQL.noop),
        migrations.RunPython(_index, migrations.RunPython.noop),
    ]
