"""What was answered to requests that bore an Idempotency-Key."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """A table of its own in every schema; nothing is locked."""

    initial = True
    dependencies = []
    operations = [
        migrations.CreateModel(
            name="StoredAnswer",
            fields=[
                ("name", models.CharField(max_length=320, primary_key=True, serialize=False)),
                ("fingerprint", models.BinaryField(max_length=32)),
                ("status", models.PositiveSmallIntegerField()),
                ("headers", models.TextField(blank=True, db_default="")),
                ("body", models.BinaryField()),
                ("is_sealed", models.BooleanField(db_default=False)),
                ("created_at", models.DateTimeField()),
            ],
        ),
    ]
