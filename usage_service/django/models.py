"""The application's own tables; the same nouns as the billing service's, and the same rule: rows are appended."""

from django.conf import settings
from django.db import models


class AccountLink(models.Model):
    """Which account at the operator is a user's."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="bridge_accounts")
    service = models.CharField(max_length=127)
    external_id = models.CharField(max_length=127)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["service", "external_id"], name="usage_billing_link_once")]

    def __str__(self) -> str:
        return f"{self.service} {self.external_id}"


class Customer(models.Model):
    """Who is invoiced; the latest row of a customer is in force."""

    customer_id = models.CharField(max_length=127)
    default_sequencenumber = models.CharField(max_length=127)
    currency = models.CharField(max_length=3)
    entity_ids = models.TextField(default="[]", help_text="JSON list of SAML entity ids of its identity providers")
    scopes = models.TextField(default="[]", help_text="JSON list of what stands behind the @ of its users' names")
    recorded_at = models.DateTimeField()

    def __str__(self) -> str:
        return str(self.customer_id)


class ServiceAccount(models.Model):
    """An account at the operator; its latest row is in force."""

    service = models.CharField(max_length=127)
    external_id = models.CharField(max_length=127)
    user_key = models.CharField(max_length=254)
    customer_id = models.CharField(max_length=127)
    created_at = models.DateTimeField()
    deactivated_at = models.DateTimeField(null=True)
    recorded_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.service} {self.external_id}"


class CostCentreChange(models.Model):
    """A change of an account's cost centre. The constraint is the judge of two changes at a time."""

    service = models.CharField(max_length=127)
    external_id = models.CharField(max_length=127)
    change_no = models.PositiveIntegerField()
    kind = models.CharField(max_length=10)
    number = models.PositiveIntegerField(null=True)
    sequencenumber = models.CharField(max_length=127, null=True)
    valid_from = models.DateTimeField(null=True)
    valid_to = models.DateTimeField(null=True)
    source = models.CharField(max_length=10, null=True)
    evidence = models.TextField(null=True)
    seen_at = models.DateTimeField(null=True)
    missing_since = models.DateTimeField(null=True)
    actor = models.CharField(max_length=254, null=True)
    reason = models.TextField(null=True)
    recorded_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["service", "external_id", "change_no"], name="usage_billing_change_in_turn")
        ]

    def __str__(self) -> str:
        return f"{self.external_id} {self.kind} {self.sequencenumber or ''}".rstrip()


class ImportedFile(models.Model):
    """A file of CDRs; it counts from `imported_at` on, and until another one corrects it."""

    sha256 = models.CharField(max_length=64, primary_key=True)
    name = models.CharField(max_length=254)
    layout = models.CharField(max_length=254)
    sheet = models.CharField(max_length=254)
    period = models.CharField(max_length=7)
    corrects = models.CharField(max_length=64, null=True, unique=True)
    begun_at = models.DateTimeField()
    imported_at = models.DateTimeField(null=True)
    rows = models.PositiveIntegerField(default=0)
    totals = models.JSONField(default=list)

    def __str__(self) -> str:
        return str(self.name)


class CdrRow(models.Model):
    """A row of a file: a line, or a reject with its reason."""

    file = models.ForeignKey(ImportedFile, on_delete=models.PROTECT, related_name="cdr_rows")
    row_no = models.PositiveIntegerField()
    rejected = models.BooleanField()
    external_id = models.CharField(max_length=127, null=True)
    document = models.JSONField(help_text="every field of the row; amounts as text")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["file", "row_no"], name="usage_billing_row_once")]

    def __str__(self) -> str:
        return f"row {self.row_no}"


class BillingRun(models.Model):
    """A calculation of a period; `made_at` says when it was made last."""

    run_id = models.CharField(max_length=64, primary_key=True)
    period = models.CharField(max_length=7)
    made_at = models.DateTimeField()
    document = models.JSONField(help_text="everything but the aggregates; amounts as text")

    def __str__(self) -> str:
        return f"{self.period} {self.run_id[:12]}"


class Aggregate(models.Model):
    """What one user owes on one cost centre in one currency and period."""

    run = models.ForeignKey(BillingRun, on_delete=models.PROTECT, related_name="aggregates")
    customer_id = models.CharField(max_length=127)
    sequencenumber = models.CharField(max_length=127)
    user_key = models.CharField(max_length=254)
    currency = models.CharField(max_length=3)
    exact = models.CharField(max_length=60, help_text="sum of the lines, unrounded")
    total = models.CharField(max_length=60, help_text="the sum, rounded once")
    line_count = models.PositiveIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["run", "customer_id", "sequencenumber", "user_key", "currency"],
                name="usage_billing_aggregate_once",
            )
        ]

    def __str__(self) -> str:
        return f"{self.customer_id}/{self.sequencenumber} {self.user_key} {self.total} {self.currency}"


class Closing(models.Model):
    """A period was closed on a run, or opened again; the latest row of a period is in force."""

    period = models.CharField(max_length=7)
    period_start = models.DateTimeField()
    period_end = models.DateTimeField()
    act = models.CharField(max_length=6)
    at = models.DateTimeField()
    actor = models.CharField(max_length=254)
    reason = models.TextField()
    run_id = models.CharField(max_length=64, null=True)

    def __str__(self) -> str:
        return f"{self.act} {self.period}"
