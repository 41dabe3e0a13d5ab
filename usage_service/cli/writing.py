"""Writing records from the command line."""

from datetime import datetime
from typing import Annotated

import typer

from usage_service.cli.parsing import aware_time, pair
from usage_service.client import UsageRecorder
from usage_service.client.usage_recorder import DEFAULT_ENDPOINT


def write(
    service: Annotated[str, typer.Option(help="Service that writes the record, for example PX21_CN_IMS.")],
    event: Annotated[str, typer.Option(help="Recording point, for example StartCallNotification.")],
    properties: Annotated[
        list[str] | None, typer.Argument(metavar="NAME=VALUE…", help="Service-specific attributes, in order.")
    ] = None,
    code: Annotated[int, typer.Option(help="0 success, 1 general failure, 2 privacy; others by service.")] = 0,
    transaction: Annotated[str | None, typer.Option(help="Global transaction id [default: a new UUID]")] = None,
    time: Annotated[str | None, typer.Option(help="ISO time of the recording point [default: now]")] = None,
    endpoint: Annotated[
        str, typer.Option(envvar="USAGE_SERVICE_ENDPOINT", help="Usage Record component to send to.")
    ] = DEFAULT_ENDPOINT,
    username: Annotated[
        str | None, typer.Option(envvar="USAGE_SERVICE_USERNAME", help="Name to authenticate with.")
    ] = None,
    password: Annotated[
        str, typer.Option(envvar="USAGE_SERVICE_PASSWORD", help="Its password; better given by the variable.")
    ] = "",
) -> None:
    """Send one record to a running service and print its record id.

    Example: usage-service write --service PX21_CN_IMS --event StartCallNotification REQUESTER=alice CORRELATOR=c1
    """
    moment: datetime | None = aware_time(time) if time else None
    typer.echo(
        UsageRecorder(endpoint, username=username, password=password).record(
            service=service,
            event_type=event,
            code=code,
            properties=[pair(text) for text in properties or ()],
            global_transaction_id=transaction,
            record_time=moment,
        )
    )
