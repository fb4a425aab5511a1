"""One room of a name in a venue."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """Apart from 0004, which fills the column that this one watches."""

    dependencies = [("catalog", "0004_fill_venues_bookings_texts")]
    operations = [
        migrations.RunSQL("SET LOCAL lock_timeout = '5s'", migrations.RunSQL.noop),
        migrations.AddConstraint(
            "room",
            models.UniqueConstraint(
                condition=models.Q(("deleted_at", None)), fields=("venue", "name"),
                name="one_room_of_a_name_in_a_venue", nulls_distinct=False,
            ),
        ),
    ]  # fmt: skip
