"""`make demo-genesys`: the vendor's published example of IS-Links, one customer over two servers and back.

The four events stand in the order in which the vendor's text tells them; the clocks of the two servers disagree.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

from usage_service.shipped import shipped

CALL_ON_SIP_SERVER = "01AE904GK088LFQD2CGB02LAES0000EP"
ENDS = (
    ("00RP30KH7088L1IC08GB82LAES000317", "0000000000057800", "508e95bb00083f40"),
    (CALL_ON_SIP_SERVER, "000000000002d500", "508e95bb00078fc6"),
    ("00RP30KH7088L1IC08GB82LAES00031D", "0000000000057801", "508e95bb000ec324"),
)
"""The published text stops before the calls end; so that they can be accounted for, each ends after a minute."""


def main() -> None:
    """Load the example, show the path, end the calls, show the usage records."""
    with tempfile.TemporaryDirectory() as folder:
        database = f"sqlite:///{folder}/usage.db"
        example = shipped("tests", "sources", "genesys", "data", "events_and_model_reference.txt")
        ends = Path(folder) / "ends.log"
        ends.write_text("".join(map(end_of_call, *zip(*ENDS, strict=True))) + "\n", encoding="utf-8")
        run(database, "genesys", "load", str(example))
        run(database, "interactions", "show", CALL_ON_SIP_SERVER)
        run(database, "genesys", "load", str(ends))
        run(database, "records")


def end_of_call(call_uuid: str, number: str, stamp: str) -> str:
    """An EventCallDeleted as a server logs it."""
    return (
        "@09:42:00.5404 [0] 8.1.001.05 distribute call/party event: message EventCallDeleted\n"
        f"\tAttributeEventSequenceNumber\t{number}\n\tAttributeTimeStamp\t{stamp}\n\tAttributeCallUUID\t'{call_uuid}'\n"
    )


def run(database: str, *arguments: str) -> None:
    """Type a command of the service, showing it."""
    print(f"\n$ usage-service {' '.join(arguments)}", flush=True)
    subprocess.run([sys.executable, "-m", "usage_service", "--database", database, *arguments], check=True)


if __name__ == "__main__":
    main()
