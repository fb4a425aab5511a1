"""Leave room on the seat pool's pages: each taken seat is a new version of one row, and should stay on its page."""

from django.db import migrations


class Migration(migrations.Migration):
    """Storage of the hot table."""

    dependencies = [("catalog", "0001_initial")]
    operations = [
        migrations.RunSQL(
            "ALTER TABLE catalog_seatpool SET (fillfactor = 40)", "ALTER TABLE catalog_seatpool RESET (fillfactor)"
        )
    ]
