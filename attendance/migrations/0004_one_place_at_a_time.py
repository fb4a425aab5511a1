"""Nobody is in two sessions at once."""

from django.db import migrations

# Equality in GiST, without an extension: one-point ranges overlap exactly if the points are equal. The hash is halved,
# as a range of the largest number would have no end.
ATTENDEE = """
    int8range(hashtextextended(attendee_email, 0) >> 1, hashtextextended(attendee_email, 0) >> 1, '[]')
"""
ONE_PLACE_AT_A_TIME = migrations.RunSQL(
    f"""
    ALTER TABLE attendance_registration ADD CONSTRAINT one_place_at_a_time EXCLUDE USING gist (
        ({ATTENDEE}) WITH &&, during WITH &&
    ) WHERE (during IS NOT NULL AND status <> 'cancelled' AND deleted_at IS NULL)
    """,
    "ALTER TABLE attendance_registration DROP CONSTRAINT one_place_at_a_time",
)


class Migration(migrations.Migration):
    """Of live registrations for sessions; the others have no time."""

    dependencies = [("attendance", "0003_fill_names_times_and_queues")]
    operations = [migrations.RunSQL("SET LOCAL lock_timeout = '5s'", migrations.RunSQL.noop), ONE_PLACE_AT_A_TIME]
