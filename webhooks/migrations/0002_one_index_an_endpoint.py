"""An endpoint has one index for its deliveries and one for its attempts: those of its keys alone said nothing more."""

from django.db import migrations, models
from django.db.models.deletion import CASCADE


class Migration(migrations.Migration):
    """Of `webhooks_delivery` its unique constraint remains, of `webhooks_attempt` the index by endpoint and id."""

    dependencies = [("webhooks", "0001_initial")]
    operations = [
        migrations.RunSQL("SET LOCAL lock_timeout = '5s'", migrations.RunSQL.noop),
        migrations.AlterField(
            "attempt",
            "endpoint",
            models.ForeignKey("webhooks.endpoint", CASCADE, related_name="tries", db_index=False),
        ),
        migrations.AlterField(
            "delivery",
            "endpoint",
            models.ForeignKey("webhooks.endpoint", CASCADE, related_name="deliveries", db_index=False),
        ),
    ]
