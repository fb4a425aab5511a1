"""The moment from which a user's access tokens are good."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """One column more, empty."""

    dependencies = [("identity", "0002_api_keys")]
    operations = [
        migrations.RunSQL("SET LOCAL lock_timeout = '5s'", migrations.RunSQL.noop),
        migrations.AddField(
            model_name="user",
            name="tokens_since",
            field=models.DateTimeField(blank=True, editable=False, null=True),
        ),
    ]
