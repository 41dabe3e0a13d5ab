"""`make demo-genesys`: the vendor's published example of IS-Links, one customer over two servers and back.

The four events stand in the order in which the vendor's text tells them; the clocks of the two servers disagree.
"""

import shutil
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.console import Console

EXAMPLE = Path(__file__).parent / "data" / "genesys_example.txt"
"""The text as published: prose, and events whose quotes a word processor made typographic."""
CALL_ON_SIP_SERVER = "01AE904GK088LFQD2CGB02LAES0000EP"
ENDS = (
    ("00RP30KH7088L1IC08GB82LAES000317", "0000000000057800", "508e95bb00083f40"),
    (CALL_ON_SIP_SERVER, "000000000002d500", "508e95bb00078fc6"),
    ("00RP30KH7088L1IC08GB82LAES00031D", "0000000000057801", "508e95bb000ec324"),
)
"""The published text stops before the calls end; so that they can be accounted for, each ends after a minute."""


def main() -> None:
    """Load the example, show the path, end the calls, show the usage records."""
    console = Console()
    with TemporaryDirectory() as folder:
        shutil.copy(EXAMPLE, Path(folder) / "example.txt")
        (Path(folder) / "ends.log").write_text("".join(map(end_of_call, *zip(*ENDS, strict=True))) + "\n")

        console.rule("Four events of two servers, as the vendor published them")
        run(folder, "genesys", "load", "example.txt")

        console.rule("Any of the three calls shows the way of the customer, tied by links alone")
        print("A ? marks a server whose name is only known from what the other server says of it.")
        run(folder, "interactions", "show", CALL_ON_SIP_SERVER)

        console.rule("The calls end: one usage record for each, and one for the interaction")
        run(folder, "genesys", "load", "ends.log")
        run(folder, "records", "--service", "GENESYS_INTERACTION", "--format", "json")
        run(folder, "summary", "--by", "service")


def end_of_call(call_uuid: str, number: str, stamp: str) -> str:
    """An EventCallDeleted as a server logs it."""
    return (
        "@09:42:00.5404 [0] 8.1.001.05 distribute call/party event: message EventCallDeleted\n"
        f"\tAttributeEventSequenceNumber\t{number}\n\tAttributeTimeStamp\t{stamp}\n\tAttributeCallUUID\t'{call_uuid}'\n"
    )


def run(folder: str, *arguments: str) -> None:
    """Type a command of the service, showing it."""
    print(f"\n$ usage-service {' '.join(arguments)}", flush=True)
    command = [sys.executable, "-m", "usage_service", "--database", "sqlite:///usage.db", *arguments]
    subprocess.run(command, cwd=folder, check=True)


if __name__ == "__main__":
    main()
