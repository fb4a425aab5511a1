"""Pools say when they begin and how many wait, so that taking a seat looks at one row alone."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """`found_full` stays for the code that still runs, and goes with a later release."""

    dependencies = [("catalog", "0005_room_names")]
    operations = [
        migrations.RunSQL("SET LOCAL lock_timeout = '5s'", migrations.RunSQL.noop),
        migrations.AddField("seatpool", "starts_at", models.DateTimeField(null=True)),
        migrations.AddField("seatpool", "waiting", models.PositiveIntegerField(default=0, db_default=0)),
        migrations.SeparateDatabaseAndState(
            state_operations=[migrations.RemoveField("seatpool", "found_full")],
            database_operations=[
                migrations.RunSQL(
                    "ALTER TABLE catalog_seatpool ALTER COLUMN found_full SET DEFAULT false",
                    "ALTER TABLE catalog_seatpool ALTER COLUMN found_full DROP DEFAULT",
                )
            ],
        ),
        migrations.RunSQL(
            "UPDATE catalog_seatpool AS p SET starts_at = s.starts_at FROM catalog_session AS s WHERE s.id = p.id",
            migrations.RunSQL.noop,
        ),
    ]
