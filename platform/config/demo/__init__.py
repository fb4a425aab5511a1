"""Demonstration data. The names here are shared by the seed, the start table and the smoke story."""

PASSWORD = "aforo-demo-2026"  # noqa: S105 - the published password of demonstration data
OPERATOR_EMAIL = "operator@aforo.example"
ORGANIZATIONS = ("acme", "globex")
