"""The command line's root: its commands, and the one place where errors become a line and an exit code."""

import sys
from collections.abc import Sequence
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from usage_service import __version__
from usage_service.app import check
from usage_service.cli.adjusting import correct, history, void
from usage_service.cli.callers import caller
from usage_service.cli.catalog import catalog_app
from usage_service.cli.context import State, settings_of
from usage_service.cli.database import database_app
from usage_service.cli.periods import periods_app
from usage_service.cli.records import records, show
from usage_service.cli.rejects import rejects_app
from usage_service.cli.retention import retention
from usage_service.cli.service import config, wsdl
from usage_service.cli.spool import spool_app
from usage_service.cli.summaries import gaps, summary
from usage_service.cli.writing import write
from usage_service.errors import CallerError, ConfigurationError, StoreUnavailable, UsageServiceError
from usage_service.http.server import serve as run_service
from usage_service.logs import log_to_stderr
from usage_service.registry import SETTINGS_GROUPS, background_work, catalog_files
from usage_service.systems.bridge_billing.cli import billing_app
from usage_service.systems.call_notification.cli import notifications_app
from usage_service.systems.genesys.cli import genesys_app
from usage_service.systems.genesys.cli_interactions import interactions_app
from usage_service.systems.pexip.cli import pexip_app

PROGRAM = "usage-service"
WORKER_APP = "usage_service.app:worker_app"
EXIT_CALLER, EXIT_SERVICE, EXIT_CONFIGURATION = 2, 1, 3

COMMON_OPTIONS = ("--database", "--config")
"""Options of the root command that are taken anywhere on the command line."""


class Root(TyperGroup):
    """The root command: `--database` and `--config` may also stand behind the subcommand."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Move the common options to the front, where the root command reads them."""
        return super().parse_args(ctx, common_options_first(args))


def common_options_first(arguments: Sequence[str]) -> list[str]:
    """The same command line with the common options in front; raises `ConfigurationError` for two values of one."""
    found: dict[str, str] = {}
    rest: list[str] = []
    words = iter(arguments)
    for word in words:
        name, equals, value = word.partition("=")
        if word == "--":
            rest += [word, *words]
        elif name not in COMMON_OPTIONS:
            rest.append(word)
        else:
            stated = value if equals else next(words, None)
            if stated is None:
                rest.append(word)  # the parser says that a value is missing
            elif found.setdefault(name, stated) != stated:
                raise ConfigurationError(f"{name} is given twice: {found[name]} and {stated}")
    return [word for name, value in found.items() for word in (name, value)] + rest


app = typer.Typer(
    name=PROGRAM,
    cls=Root,
    help="Usage records for telecom services: take them over SOAP, keep them, find them.",
    epilog="Start with: usage-service serve   then, in another terminal: usage-service write --help",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(__version__)
        raise typer.Exit


@app.callback()
def root(
    context: typer.Context,
    config_file: Annotated[
        str | None,
        typer.Option("--config", metavar="FILE", help="TOML file with settings [default: usage-service.toml]"),
    ] = None,
    database: Annotated[
        str | None, typer.Option(metavar="URL", help="sqlite:///FILE or postgresql://USER@HOST/NAME")
    ] = None,
    _version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Settings come from options, then USAGE_SERVICE_* variables, then the file."""
    context.obj = State(config_file, {"database": database}, SETTINGS_GROUPS, catalog_files())


def serve(
    context: typer.Context,
    bind: Annotated[str | None, typer.Option(help="Address to listen on [default: 127.0.0.1]")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on [default: 8080]")] = None,
    workers: Annotated[int | None, typer.Option(help="Worker processes [default: 2]")] = None,
) -> None:
    """Run the service until Ctrl-C or SIGTERM."""
    loaded = settings_of(context, bind=bind, port=port, workers=workers)
    log_to_stderr(loaded.settings.log_level)
    check(loaded.settings)
    run_service(loaded, WORKER_APP, background_work(loaded.settings))


app.command()(serve)
app.command()(write)
app.command()(records)
app.command()(show)
app.command()(void)
app.command()(correct)
app.command()(history)
app.command()(summary)
app.command()(gaps)
app.command()(retention)
app.command()(wsdl)
app.command()(config)
app.add_typer(periods_app, name="periods")
app.add_typer(rejects_app, name="rejects")
app.command()(caller)
app.add_typer(database_app, name="db")
app.add_typer(catalog_app, name="catalog")
app.add_typer(genesys_app, name="genesys")
app.add_typer(interactions_app, name="interactions")
app.add_typer(pexip_app, name="pexip")
app.add_typer(billing_app, name="billing")
app.add_typer(spool_app, name="spool")
app.add_typer(notifications_app, name="notifications")


def main() -> None:
    """Run the command line; an error is one line on standard error and an exit code that says whose it is."""
    try:
        sys.exit(app(prog_name=PROGRAM, standalone_mode=False))
    except typer.TyperException as error:
        _fail(_how_to_type(error), error.exit_code)
    except typer.Abort:
        _fail("stopped", EXIT_SERVICE)
    except ConfigurationError as error:
        _fail(str(error), EXIT_CONFIGURATION)
    except CallerError as error:
        _fail(str(error), EXIT_CALLER)
    except StoreUnavailable as error:
        _fail(error.in_full, EXIT_SERVICE)
    except UsageServiceError as error:
        _fail(str(error), EXIT_SERVICE)
    except OSError as error:
        if error.filename is None:
            raise
        _fail(f"{error.filename}: {error.strerror}", EXIT_CALLER)


def _how_to_type(error: typer.TyperException) -> str:
    """What is wrong with the command line, and where to read how it is typed; empty where the help was printed."""
    message = " ".join(error.format_message().split())
    if not message:
        return ""
    context = getattr(error, "ctx", None)  # of those that know the command
    command = context.command_path if context else PROGRAM
    end = "" if message.endswith("?") else ";"
    return f"{message[0].lower()}{message[1:].rstrip('.')}{end} type: {command} --help"


def _fail(message: str, code: int) -> None:
    if message:
        print(f"{PROGRAM}: {message}", file=sys.stderr)
    sys.exit(code)
