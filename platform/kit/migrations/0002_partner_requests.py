"""Requests that bore an API key."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """A table of its own in every schema; nothing is locked."""

    dependencies = [("kit", "0001_stored_answers")]
    operations = [
        migrations.CreateModel(
            name="PartnerRequest",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("request_id", models.CharField(db_index=True, max_length=64)),
                ("actor_id", models.UUIDField()),
                ("at", models.DateTimeField(db_index=True)),
                ("method", models.CharField(max_length=10)),
                ("path", models.CharField(max_length=2000)),
                ("query", models.CharField(blank=True, max_length=2000)),
                ("body", models.TextField(blank=True)),
                ("status", models.PositiveSmallIntegerField()),
                ("problem", models.TextField(blank=True)),
                ("milliseconds", models.FloatField()),
                ("address", models.GenericIPAddressField(null=True)),
                ("user_agent", models.CharField(blank=True, max_length=200)),
            ],
        ),
    ]
