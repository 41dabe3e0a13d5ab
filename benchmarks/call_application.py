"""An application that takes notices as fast as it can and counts them: `python -m benchmarks.call_application PORT`.

It writes one line for every notice: the operation and the session (the SIP Call-ID).
"""

import asyncio
import re
import sys

OPERATION = re.compile(rb"<(?:\w+:)?(notify\w+)[^>]*?xmlns(?::\w+)?=\"([^\"]+)\"")
SESSION = re.compile(rb"callSessionIdentifier>([^<]+)<")
ANSWER = (
    b'<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body><l:%sResponse xmlns:l="%s"/></e:Body>'
    b"</e:Envelope>"
)


async def serve_connection(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer requests of one connection until it ends."""
    try:
        while True:
            head = await reader.readuntil(b"\r\n\r\n")
            length = re.search(rb"(?i)content-length: *(\d+)", head)
            body = await reader.readexactly(int(length[1]) if length else 0)
            writer.write(answer_of(body))
    except (asyncio.IncompleteReadError, ConnectionError):
        writer.close()


def answer_of(body: bytes) -> bytes:
    """Note the notice and take it."""
    operation, session = OPERATION.search(body), SESSION.search(body)
    if operation is None or session is None:
        return b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"
    sys.stdout.write(f"{operation[1].decode()} {session[1].decode()}\n")
    content = ANSWER % operation.groups()
    return b"HTTP/1.1 200 OK\r\nContent-Type: text/xml; charset=utf-8\r\nContent-Length: %d\r\n\r\n%s" % (
        len(content),
        content,
    )


async def main() -> None:
    """Serve for ever."""
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]  # it is a text file
    server = await asyncio.start_server(serve_connection, "127.0.0.1", int(sys.argv[1]))
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
