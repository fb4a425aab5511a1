"""Tickets, check-ins, and fewer indexes on the path of a registration."""

import django.db.models.deletion
from django.contrib.postgres.fields import DateTimeRangeField
from django.db import migrations, models
from django.db.models import Q

import kit.ids

VERDICTS = [
    "admitted", "already_used", "revoked", "unknown", "wrong_event", "too_early", "duplicate", "conflict",
]  # fmt: skip


def _unindexed(to: str, **more: object) -> models.ForeignKey:
    on_delete = django.db.models.deletion.PROTECT
    return models.ForeignKey(to=to, on_delete=on_delete, related_name="registrations", db_index=False, **more)


class Migration(migrations.Migration):
    """The indexes that go are those that nothing reads: each was written with every registration."""

    dependencies = [("attendance", "0001_initial"), ("catalog", "0006_pools_know_their_span")]
    operations = [
        migrations.RunSQL("SET LOCAL lock_timeout = '5s'", migrations.RunSQL.noop),
        migrations.AddField(
            "registration", "cancel_reason", models.CharField(blank=True, db_default="", default="", max_length=200)
        ),
        migrations.AddField("registration", "during", DateTimeRangeField(editable=False, null=True)),
        migrations.AddField("registration", "revoked_xid", models.BigIntegerField(editable=False, null=True)),
        migrations.AddField(
            "registration", "search_text", models.TextField(db_default="", default="", editable=False)
        ),
        migrations.AddField("registration", "ticket_issue", models.PositiveSmallIntegerField(db_default=1, default=1)),
        migrations.AlterField("registration", "code", models.CharField(max_length=12)),
        migrations.AlterField("registration", "event", _unindexed("catalog.event")),
        migrations.AlterField("registration", "pool", _unindexed("catalog.seatpool")),
        migrations.AlterField("registration", "session", _unindexed("catalog.session", blank=True, null=True)),
        migrations.AddConstraint(
            "registration", models.UniqueConstraint(fields=("code",), name="one_registration_of_a_code")
        ),
        migrations.AddIndex("registration", models.Index(fields=["updated_at", "id"], name="registration_changes")),
        migrations.AddIndex(
            "registration",
            models.Index(
                condition=Q(("revoked_xid__isnull", False)), fields=["event", "revoked_xid"],
                name="registration_revoked",
            ),
        ),
        migrations.CreateModel(
            name="CheckIn",
            fields=[
                ("id", models.UUIDField(default=kit.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                (
                    "registration",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="check_ins",
                        to="attendance.registration", db_index=False,
                    ),
                ),
                ("event_id", models.UUIDField()),
                ("pool_id", models.UUIDField()),
                ("verdict", models.CharField(choices=[(one, one) for one in VERDICTS], max_length=20)),
                ("nonce", models.CharField(max_length=64)),
                ("device", models.CharField(blank=True, max_length=100)),
                ("gate", models.CharField(blank=True, max_length=100)),
                ("scanned_at", models.DateTimeField()),
                ("is_offline", models.BooleanField(default=False)),
                ("by_id", models.UUIDField(null=True)),
                ("undone_at", models.DateTimeField(null=True)),
            ],
            options={
                "indexes": [
                    models.Index(fields=["registration", "scanned_at"], name="check_in_of_ticket"),
                    models.Index(fields=["event_id", "id"], name="check_in_of_event"),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=Q(("undone_at", None), ("verdict", "admitted")), fields=("registration",),
                        name="one_admission_per_ticket",
                    ),
                    models.UniqueConstraint(fields=("nonce",), name="one_scan_of_a_nonce"),
                    models.CheckConstraint(condition=Q(("verdict__in", VERDICTS)), name="check_in_verdict_is_known"),
                ],
            },
        ),
    ]  # fmt: skip
