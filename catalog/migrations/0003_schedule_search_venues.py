"""Venues of their own, bookings that cannot overlap, and the text that searches look at."""

import django.core.validators
import django.db.models.deletion
from django.contrib.postgres.indexes import GinIndex
from django.db import migrations, models

import catalog.models
import kit.ids

# A range over ids makes equality something a GiST index knows, without an extension: a range of one id overlaps
# another exactly if the ids are equal.
UUID_RANGE = migrations.RunSQL("CREATE TYPE uuidrange AS RANGE (subtype = uuid)", "DROP TYPE uuidrange")
NO_OVERLAP = migrations.RunSQL(
    """
    ALTER TABLE catalog_booking ADD CONSTRAINT one_booking_at_a_time EXCLUDE USING gist (
        uuidrange(resource_id, resource_id, '[]') WITH &&, tstzrange(starts_at, ends_at) WITH &&
    )
    """,
    "ALTER TABLE catalog_booking DROP CONSTRAINT one_booking_at_a_time",
)


class Migration(migrations.Migration):
    """New tables, and room.venue from a text to a row.

    The text column `venue` stays for the code that still runs, and goes with a later release.
    """

    dependencies = [("catalog", "0002_seatpool_storage")]
    operations = [
        migrations.RunSQL("SET LOCAL lock_timeout = '5s'", migrations.RunSQL.noop),
        UUID_RANGE,
        migrations.CreateModel(
            name="Venue",
            fields=[
                ("id", models.UUIDField(default=kit.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                ("deleted_at", models.DateTimeField(blank=True, editable=False, null=True)),
                ("version", models.PositiveIntegerField(default=1, editable=False)),
                ("name", models.CharField(max_length=200)),
                ("address", models.CharField(blank=True, max_length=500)),
                ("latitude", models.FloatField(blank=True, null=True)),
                ("longitude", models.FloatField(blank=True, null=True)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("deleted_at", None)), fields=("name",), name="one_venue_of_a_name"
                    )
                ]
            },
        ),
        migrations.SeparateDatabaseAndState(
            state_operations=[migrations.RemoveField("room", "venue")],
            database_operations=[
                migrations.RunSQL(
                    "ALTER TABLE catalog_room ALTER COLUMN venue SET DEFAULT ''",
                    "ALTER TABLE catalog_room ALTER COLUMN venue DROP DEFAULT",
                )
            ],
        ),
        migrations.AddField(
            "room",
            "venue",
            models.ForeignKey(
                blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name="rooms",
                to="catalog.venue",
            ),
        ),
        migrations.AddField("room", "capacity", models.PositiveIntegerField(blank=True, null=True)),
        migrations.AddField(
            "speaker",
            "image_url",
            models.CharField(
                blank=True, db_default="", default="", max_length=2000,
                validators=[django.core.validators.URLValidator(schemes=["http", "https"])],
            ),
        ),
        migrations.CreateModel(
            name="Booking",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("resource_id", models.UUIDField()),
                ("starts_at", models.DateTimeField()),
                ("ends_at", models.DateTimeField()),
                (
                    "session",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="bookings", to="catalog.session"
                    ),
                ),
            ],
        ),
        NO_OVERLAP,
        migrations.CreateModel(
            name="EventText",
            fields=[
                (
                    "event",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name="+",
                        serialize=False, to="catalog.event",
                    ),
                ),
                ("name_key", models.TextField()),
                ("vector", catalog.models.VectorField()),
                ("is_public", models.BooleanField()),
                ("is_listed", models.BooleanField()),
            ],
            options={"indexes": [GinIndex(fields=["vector"], name="event_text_vector")]},
        ),
        migrations.AddIndex("event", models.Index(fields=["updated_at", "id"], name="event_changes")),
        migrations.AddIndex("session", models.Index(fields=["updated_at", "id"], name="session_changes")),
    ]  # fmt: skip
