"""Issuers of tokens that an organization trusts."""

from django.db import migrations, models

import kit.ids


class Migration(migrations.Migration):
    """A table of its own; nothing is locked."""

    dependencies = [("identity", "0003_tokens_since")]
    operations = [
        migrations.CreateModel(
            name="TrustedIssuer",
            fields=[
                ("id", models.UUIDField(default=kit.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                ("issuer", models.CharField(max_length=500, unique=True)),
                ("jwks", models.JSONField()),
                ("audience", models.CharField(max_length=500)),
                ("email_claim", models.CharField(default="email", max_length=100)),
                ("role_claim", models.CharField(blank=True, max_length=100)),
                ("roles", models.JSONField(blank=True, default=dict)),
                ("opens_accounts", models.BooleanField(default=False)),
                ("is_active", models.BooleanField(default=True)),
            ],
            options={"abstract": False},
        ),
    ]
