"""Conference-bridge billing from the command line: who pays, the operator's files, and the bills."""

from pathlib import Path
from typing import Annotated, Any

import typer

from usage_service.cli.context import opened_store, settings_of
from usage_service.cli.parsing import aware_time
from usage_service.cli.printing import Format, print_rows
from usage_service.cli.progress import counted
from usage_service.errors import UnreadableFile
from usage_service.systems.bridge_billing.accounts import AccountKey, Customer, ServiceAccount
from usage_service.systems.bridge_billing.assigning import Assign, Force
from usage_service.systems.bridge_billing.assignments import History
from usage_service.systems.bridge_billing.cdr_workbook.reading import open_cdr_file
from usage_service.systems.bridge_billing.cdr_workbook.report import Report, dry_run
from usage_service.systems.bridge_billing.cli_results import (
    aggregate,
    close,
    diff,
    files,
    print_unposted,
    reopen,
    report,
    suspense,
)
from usage_service.systems.bridge_billing.settings import BillingSettings
from usage_service.systems.bridge_billing.store import BillingDirectory
from usage_service.systems.bridge_billing.system import (
    Intake,
    billing_books_with_ledger,
    billing_layout,
    billing_month,
    enrolment,
    now,
)

billing_app = typer.Typer(help="Bill conference bridges: CDR files in, cost centres out.", no_args_is_help=True)
accounts_app = typer.Typer(help="Customers, and users' accounts at the bridge operator.")
billing_app.add_typer(accounts_app, name="accounts")

ServiceOption = Annotated[str, typer.Option(help="The bridge operator.")]
PeriodOption = Annotated[str, typer.Option(metavar="YYYY-MM", help="The month that is billed.")]
FormatOption = Annotated[Format, typer.Option("--format", help="How to print.")]

ACCOUNT_COLUMNS = ["service", "external_id", "user_key", "customer_id", "sequencenumber", "since", "seen_at", "flag"]


@accounts_app.callback(invoke_without_command=True)
def accounts(context: typer.Context, form: FormatOption = Format.TABLE) -> None:
    """Without a command: list the accounts with the cost centre they have now."""
    if context.invoked_subcommand is not None:
        return
    with opened_store(context) as database:
        directory = BillingDirectory(database)
        histories = {history.account: history for history in directory.histories()}
        rows = [_account_row(account, histories.get(account.key)) for account in directory.accounts()]
    print_rows(rows, ACCOUNT_COLUMNS, form)


def _account_row(account: ServiceAccount, history: History | None) -> dict[str, Any]:
    current = history.at(now()) if history else None
    row = account.key._asdict() | {"user_key": account.user_key, "customer_id": account.customer_id}
    if current is not None:
        row |= {
            "sequencenumber": current.sequencenumber or "(default)",
            "since": current.valid_from,
            "seen_at": current.seen_at,
            "flag": "missing at login" if current.missing_since else None,
        }
    return row


@accounts_app.command()
def customer(
    context: typer.Context,
    customer_id: Annotated[str, typer.Argument(metavar="CUSTOMER")],
    default: Annotated[str, typer.Option(help="Sequencenumber that takes what is not assigned.")],
    currency: Annotated[str, typer.Option(help="ISO 4217 code.")] = "SEK",
    entity_ids: Annotated[
        list[str] | None, typer.Option("--entity-id", help="SAML entity id of its identity provider; may repeat.")
    ] = None,
    scopes: Annotated[
        list[str] | None, typer.Option("--scope", help="What stands behind the @ of its users' names; may repeat.")
    ] = None,
) -> None:
    """Register a customer, or change what is known of one."""
    new = Customer(
        customer_id=customer_id,
        default_sequencenumber=default,
        currency=currency,
        entity_ids=frozenset(entity_ids or ()),
        scopes=frozenset(scopes or ()),
    )
    with opened_store(context) as database:
        enrolment(database).register_customer(new)


@accounts_app.command()
def register(
    context: typer.Context,
    external_id: Annotated[str, typer.Argument(metavar="EXTERNAL_ID", help="The id in the operator's CDRs.")],
    user: Annotated[str, typer.Option(help="The user.")],
    customer_id: Annotated[str, typer.Option("--customer", help="Who answers for the user.")],
    service: ServiceOption = "pgi",
) -> None:
    """Register a user's account; lines that waited for it leave suspense with the next aggregate."""
    with opened_store(context) as database:
        enrolment(database).register_account(AccountKey(service, external_id), user, customer_id)


@accounts_app.command()
def deactivate(
    context: typer.Context,
    external_id: Annotated[str, typer.Argument(metavar="EXTERNAL_ID")],
    service: ServiceOption = "pgi",
) -> None:
    """Note that an account is no longer used."""
    with opened_store(context) as database:
        enrolment(database).deactivate(AccountKey(service, external_id))


@billing_app.command()
def assign(
    context: typer.Context,
    external_id: Annotated[str, typer.Argument(metavar="EXTERNAL_ID")],
    valid_from: Annotated[str, typer.Option("--from", help="ISO time, included.")],
    sequencenumber: Annotated[str | None, typer.Argument(help="Cost centre [default: the customer's own]")] = None,
    valid_to: Annotated[str | None, typer.Option("--to", help="ISO time, not included.")] = None,
    evidence: Annotated[
        str, typer.Option(help="What an auditor can check later, for example a ticket.")
    ] = "command line",
    service: ServiceOption = "pgi",
    force: Annotated[
        bool, typer.Option("--force", help="Let it begin in the past; needs --actor and --reason.")
    ] = False,
    actor: Annotated[str, typer.Option(help="Who forces it.")] = "",
    reason: Annotated[str, typer.Option(help="Why it is forced.")] = "",
) -> None:
    """Give an account a cost centre by hand."""
    wish = Assign(
        sequencenumber=sequencenumber,
        valid_from=aware_time(valid_from),
        valid_to=aware_time(valid_to) if valid_to else None,
        evidence=evidence,
    )
    with opened_store(context) as database:
        permission = Force(actor=actor, reason=reason) if force else None
        enrolment(database).assign(AccountKey(service, external_id), wish, permission)


@billing_app.command("import")
def import_file(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="xlsx, xls or csv file of CDRs.")],
    period: PeriodOption,
    layout: Annotated[str | None, typer.Option(help="Shipped layout or TOML file [default: setting]")] = None,
    corrects: Annotated[str | None, typer.Option(metavar="SHA256", help="The imported file this one replaces.")] = None,
    check_only: Annotated[bool, typer.Option("--dry-run", help="Only say what the file holds.")] = False,
) -> None:
    """Take in a file: every line becomes a usage record, or waits in suspense, or is a reject with its reason."""
    settings = settings_of(context).settings
    billing = settings.group(BillingSettings)
    month = billing_month(billing, period)
    how = billing_layout(layout or billing.layout)
    try:
        handle = file.open("rb")
    except OSError as error:
        raise UnreadableFile(f"{file}: {error.strerror}") from error
    with handle:
        opened = open_cdr_file(handle, how)
        if check_only:
            typer.echo(str(dry_run(file.name, opened)), nl=False)
            return
        with (
            opened_store(context) as database,
            billing_books_with_ledger(settings, database) as books,
            counted("reading", "rating") as (reading, rating),
        ):
            unposted: list[str] = []
            intake = Intake(books, billing, reading, rating, unposted.append)
            tally, fresh = intake.take(file.name, opened, month, corrects)
        typer.echo(str(Report(file.name, opened, tally)) if fresh else "0 new lines: the file was imported before")
        print_unposted(unposted)


for command in (aggregate, suspense, report, diff, files, close, reopen):
    billing_app.command()(command)
