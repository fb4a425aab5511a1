"""What rows from before say of themselves in the new columns."""

from django.db import migrations

# As `catalog.rules.folded` does; those who hold two seats at a time from before keep them.
FILL = """
    UPDATE attendance_registration SET search_text = concat(btrim(regexp_replace(regexp_replace(
        normalize(lower(attendee_name), NFKD), '[\u0300-\u036f]', '', 'g'), '[\\W_]+', ' ', 'g')), ' ', attendee_email);
    UPDATE attendance_registration AS r SET during = tstzrange(s.starts_at, s.ends_at)
      FROM catalog_session AS s
     WHERE s.id = r.session_id AND r.status <> 'cancelled' AND r.deleted_at IS NULL AND NOT EXISTS (
           SELECT FROM attendance_registration AS o JOIN catalog_session AS t ON t.id = o.session_id
            WHERE o.attendee_email = r.attendee_email AND o.id <> r.id AND o.status <> 'cancelled'
              AND o.deleted_at IS NULL AND t.starts_at < s.ends_at AND s.starts_at < t.ends_at);
    UPDATE catalog_seatpool AS p SET waiting = (
           SELECT count(*) FROM attendance_registration AS r
            WHERE r.pool_id = p.id AND r.status = 'waitlisted' AND r.deleted_at IS NULL)
     WHERE waitlist_tail > 0;
"""


class Migration(migrations.Migration):
    """Apart from the constraint that watches what this fills."""

    dependencies = [("attendance", "0002_tickets_and_check_ins")]
    operations = [
        migrations.RunSQL("SET LOCAL lock_timeout = '5s'", migrations.RunSQL.noop),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
    ]
