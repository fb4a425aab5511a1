"""The audit trail in the panel: to look at."""

from kit.admin import ReadOnlyAdmin


class EntryAdmin(ReadOnlyAdmin):
    """Who did what, from where."""

    list_display = ("occurred_at", "type", "actor_label", "subject_type", "subject_id", "ip", "request_id")
    list_filter = ("type", "subject_type")
    search_fields = ("actor_label", "request_id", "subject_id")
    ordering = ("-id",)
