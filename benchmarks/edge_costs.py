"""What the HTTP limits and the check of known Basic credentials add to one request, in microseconds of processor
time.

    python benchmarks/edge_costs.py

Each number is the best of interleaved rounds; the difference of the first two is what the limits cost.
"""

import asyncio
import re
from base64 import b64encode
from collections.abc import Callable
from functools import partial
from time import process_time
from typing import Any

from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

from usage_service.auth.callers import Caller, Callers
from usage_service.auth.http import AsyncCallers, HttpCallers
from usage_service.auth.passwords import PasswordHash
from usage_service.http.protocol import HttpLimits, LimitedHttpProtocol, Watch

ROUNDS, REQUESTS = 40, 1_000
LIMITS = HttpLimits(
    head_bytes=32_768,
    headers=100,
    head_seconds=10,
    body_seconds=60,
    body_bytes=1 << 24,
    answer_seconds=30,
    connections=1_000,
    connections_per_address=1_000,
    pending_bytes=1 << 27,
)
BASIC = b"Basic " + b64encode(b"gateway:sesame")
HEADERS = [
    (b"host", b"localhost"),
    (b"user-agent", b"bench"),
    (b"content-type", b"text/xml"),
    (b"content-length", b"900"),
    (b"soapaction", b'""'),
    (b"authorization", BASIC),
]
MESSAGE = b"POST / HTTP/1.1\r\n" + b"".join(b"%b: %b\r\n" % header for header in HEADERS) + b"\r\n" + b"x" * 900


class Nowhere(asyncio.Transport):
    """A transport that discards what is written."""

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return default

    def write(self, data: Any) -> None:
        pass

    def close(self) -> None:
        pass

    def is_closing(self) -> bool:
        return False


async def answer(_scope: Any, receive: Any, send: Any) -> None:
    await receive()
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
    await send({"type": "http.response.body", "body": b"ok"})


async def protocol_round(make: Callable[..., HttpToolsProtocol]) -> float:
    config = Config(answer, log_config=None, access_log=False)
    config.load()
    config.loaded_app = answer
    connection = make(config, ServerState(), {}, asyncio.get_running_loop())
    connection.connection_made(Nowhere())
    start = process_time()
    for _ in range(REQUESTS):
        connection.data_received(MESSAGE)
        await asyncio.sleep(0)
    return (process_time() - start) / REQUESTS * 1e6


async def credentials_round() -> float:
    caller = Caller(name="gateway", services=re.compile(r"PX21_.*\Z"), password=PasswordHash.of("sesame"))
    http = HttpCallers(AsyncCallers(Callers([caller])), basic=True, proxies=None)
    scope = {"headers": HEADERS, "client": ("127.0.0.1", 1)}
    await http.identify(scope)
    start = process_time()
    for _ in range(REQUESTS):
        found = await http.identify(scope)
        if found is not None:
            found.require("PX21_CN_IMS")
    return (process_time() - start) / REQUESTS * 1e6


async def main() -> None:
    limited = partial(LimitedHttpProtocol, watch=Watch(LIMITS))
    found: dict[str, list[float]] = {"uvicorn": [], "with limits": [], "known credentials": []}
    for _ in range(ROUNDS):
        found["uvicorn"].append(await protocol_round(HttpToolsProtocol))
        found["with limits"].append(await protocol_round(limited))
        found["known credentials"].append(await credentials_round())
    for name, microseconds in found.items():
        print(f"{name:18} {min(microseconds):6.2f} us")


if __name__ == "__main__":
    asyncio.run(main())
