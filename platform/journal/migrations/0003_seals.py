"""Seals of batches of entries."""

from django.db import migrations, models

FORWARD = """
CREATE FUNCTION journal_seal_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'journal_seal is append-only: % refused', TG_OP USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER journal_seal_append_only BEFORE UPDATE OR DELETE ON journal_seal
    FOR EACH ROW EXECUTE FUNCTION journal_seal_refuse();
CREATE TRIGGER journal_seal_never_truncated BEFORE TRUNCATE ON journal_seal
    FOR EACH STATEMENT EXECUTE FUNCTION journal_seal_refuse();
"""
BACKWARD = """
DROP TRIGGER journal_seal_never_truncated ON journal_seal;
DROP TRIGGER journal_seal_append_only ON journal_seal;
DROP FUNCTION journal_seal_refuse();
"""


class Migration(migrations.Migration):
    """A table of its own; nothing is locked."""

    dependencies = [("journal", "0002_append_only")]
    operations = [
        migrations.CreateModel(
            name="Seal",
            fields=[
                ("number", models.PositiveBigIntegerField(primary_key=True, serialize=False)),
                ("previous", models.CharField(max_length=64)),
                ("root", models.CharField(max_length=64)),
                ("hash", models.CharField(max_length=64)),
                ("leaves", models.BinaryField()),
                ("count", models.PositiveIntegerField()),
                ("last_xid", models.BigIntegerField()),
                ("last_id", models.UUIDField()),
                ("sealed_at", models.DateTimeField()),
            ],
        ),
        migrations.RunSQL(FORWARD, BACKWARD),
    ]
