"""Plans by name, and limits of an organization's own."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """One column more, with a default that the database knows: an older release goes on writing rows."""

    dependencies = [("tenants", "0001_initial")]
    operations = [
        migrations.RunSQL("SET LOCAL lock_timeout = '5s'", migrations.RunSQL.noop),
        migrations.AddField(
            model_name="organization",
            name="limits",
            field=models.JSONField(blank=True, db_default={}, default=dict),
        ),
        migrations.AlterField(
            model_name="organization",
            name="plan",
            field=models.CharField(
                choices=[("free", "free"), ("pro", "pro"), ("enterprise", "enterprise"), ("custom", "custom")],
                default="free",
                max_length=20,
            ),
        ),
    ]
