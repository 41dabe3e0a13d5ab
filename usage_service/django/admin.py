"""Admin pages. Rows are appended by logins and imports; only customers and links are typed in by people."""

from datetime import UTC, datetime
from typing import Any

from django.contrib import admin

from usage_service.django import models


class ReadOnly(admin.ModelAdmin):
    """Pages to look at: what was appended is never changed."""

    def has_add_permission(self, request: Any, obj: Any = None) -> bool:
        """Never allowed."""
        return False

    def has_change_permission(self, request: Any, obj: Any = None) -> bool:
        """Never allowed."""
        return False

    def has_delete_permission(self, request: Any, obj: Any = None) -> bool:
        """Never allowed."""
        return False


@admin.register(models.AccountLink)
class AccountLinkAdmin(admin.ModelAdmin):
    """Whose account is whose."""

    list_display = ("user", "service", "external_id")
    search_fields = ("external_id",)


@admin.register(models.Customer)
class CustomerAdmin(admin.ModelAdmin):
    """Customers; saving makes a new version."""

    list_display = ("customer_id", "default_sequencenumber", "currency", "recorded_at")
    ordering = ("-recorded_at",)
    exclude = ("recorded_at",)

    def save_model(self, _request: Any, obj: Any, _form: Any, _change: bool) -> None:
        """Append a version, and leave the one before as it was."""
        obj.pk = None
        obj.recorded_at = datetime.now(UTC)
        obj.save(force_insert=True)

    def has_delete_permission(self, request: Any, obj: Any = None) -> bool:
        """Never allowed."""
        return False


@admin.register(models.ServiceAccount)
class ServiceAccountAdmin(ReadOnly):
    """Accounts."""

    list_display = ("service", "external_id", "user_key", "customer_id", "created_at", "deactivated_at")
    search_fields = ("external_id", "user_key")


@admin.register(models.CostCentreChange)
class CostCentreChangeAdmin(ReadOnly):
    """Every change of a cost centre."""

    list_display = ("external_id", "change_no", "kind", "sequencenumber", "valid_from", "valid_to", "evidence")
    list_filter = ("kind",)
    search_fields = ("external_id",)


@admin.register(models.ImportedFile)
class ImportedFileAdmin(ReadOnly):
    """Imported files."""

    list_display = ("name", "period", "rows", "imported_at", "corrects")
    list_filter = ("period",)


@admin.register(models.CdrRow)
class CdrRowAdmin(ReadOnly):
    """Lines and rejects."""

    list_display = ("file", "row_no", "rejected", "external_id")
    list_filter = ("rejected",)


@admin.register(models.BillingRun)
class BillingRunAdmin(ReadOnly):
    """Runs."""

    list_display = ("period", "run_id", "made_at")
    list_filter = ("period",)


@admin.register(models.Aggregate)
class AggregateAdmin(ReadOnly):
    """Aggregates."""

    list_display = ("run", "customer_id", "sequencenumber", "user_key", "currency", "total", "line_count")


@admin.register(models.Closing)
class ClosingAdmin(ReadOnly):
    """Closed periods."""

    list_display = ("period", "act", "at", "actor", "reason")
