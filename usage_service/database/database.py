"""One database: how it is opened, what durability it promises, and the gate its errors pass."""

import os
import re
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from select import POLLIN, poll
from typing import Any, Literal

import psycopg
from sqlalchemy import Connection, Engine, create_engine, event, exc
from sqlalchemy.engine import URL, make_url
from sqlalchemy.pool import ConnectionPoolEntry

from usage_service.database.sqlite_functions import teach
from usage_service.errors import ConfigurationError, NotStored, StoreUnavailable
from usage_service.file_lock import locked_file
from usage_service.settings import HIDDEN, without_password

Dialect = Literal["sqlite", "postgresql"]

BUSY_TIMEOUT_SECONDS = 10
CONNECT_TIMEOUT_SECONDS = 3
SILENCE_SECONDS = 10
"""How long the network may leave sent data unacknowledged, or a connection quiet, before that counts as broken."""

_UNAVAILABLE = (
    sqlite3.OperationalError,
    sqlite3.InterfaceError,
    psycopg.OperationalError,
    psycopg.InterfaceError,
)
_NO_RECORDS_FAULT = ("25006", "42501", "42P01")
"""SQLSTATEs that every write meets: a read-only database or standby, a role without the right, no such table."""
_TOO_MUCH = "54"
"""Class of SQLSTATEs for what is too long or too complex: the statement's fault, whatever the driver makes of it."""
_UP_TO_AT = re.compile(r"""[^\s'"]+@""")

SQLITE_HEADER = b"SQLite format 3\0"
"""What every database file begins with (SQLite, Database File Format, section 1.3)."""

APPLICATION_NAME = "usage-service"


URL_FORMS = "write sqlite:///FILE or postgresql://USER@HOST/NAME"


@dataclass(frozen=True, slots=True)
class Database:
    """An opened database. Connections are made when they are first needed and replaced when they break."""

    engine: Engine
    dialect: Dialect

    @contextmanager
    def connect(self) -> Iterator[Connection]:
        """A connection for reading; raises `StoreUnavailable` or `NotStored`, never a driver's error."""
        with translated_errors(), self.engine.connect() as connection:
            yield connection

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """A connection for writing; commits at the end of the block, rolls back when it raises."""
        engine = self.engine.execution_options(sqlite_begin="IMMEDIATE")
        with translated_errors(), self.writer_lock(), engine.begin() as connection:
            yield connection

    @contextmanager
    def writer_lock(self) -> Iterator[None]:
        """Keep other writers of an SQLite file waiting for the block, in their order.

        SQLite's own write lock is polled with growing pauses, so that a busy neighbour can starve the others for
        seconds. A server and a database in memory need no such lock.
        """
        if self.file is None:
            yield
            return
        with ExitStack() as held:
            try:
                held.enter_context(locked_file(self.writer_lock_file))
            except OSError as error:  # a full disk, a folder that cannot be written
                raise unavailable(f"{error.filename}: {error.strerror}") from error
            yield

    @property
    def writer_lock_file(self) -> Path:
        """The file that writers of an SQLite file lock."""
        return Path(f"{self.file}-writer")

    def close(self) -> None:
        """Give back every connection."""
        self.engine.dispose()

    @property
    def file(self) -> str | None:
        """The path of an SQLite database, None for a server or a database in memory."""
        name = self.engine.url.database
        return name if self.dialect == "sqlite" and name not in (None, "", ":memory:") else None


def open_database(url: str) -> Database:
    """Open `sqlite:///file` or `postgresql://user@host/name`; raises `ConfigurationError` for any other URL."""
    try:
        parsed = make_url(url)
    except (exc.ArgumentError, ValueError) as error:
        raise ConfigurationError(f"not a database URL: {without_password(url)}; {URL_FORMS}") from error
    match parsed.drivername.partition("+")[0]:
        case "sqlite":
            return Database(_open_sqlite(parsed), "sqlite")
        case "postgresql":
            return Database(_open_postgresql(parsed), "postgresql")
        case other:
            raise ConfigurationError(f"databases are sqlite and postgresql, not {other}; {URL_FORMS}")


def _open_postgresql(url: URL) -> Engine:
    engine = create_engine(
        url.set(drivername="postgresql+psycopg"),
        pool_size=5,
        max_overflow=10,
        pool_timeout=CONNECT_TIMEOUT_SECONDS,
        connect_args={
            "connect_timeout": CONNECT_TIMEOUT_SECONDS,
            "application_name": APPLICATION_NAME,
            "client_encoding": "utf8",  # whatever the environment or the role would have
            "options": " ".join(filter(None, (_stated(url, "options"), "-c timezone=UTC"))),
            "tcp_user_timeout": SILENCE_SECONDS * 1000,
            "keepalives_idle": SILENCE_SECONDS,
            "keepalives_interval": 2,
            "keepalives_count": 3,
        },
    )
    event.listen(engine, "checkout", _refuse_a_dead_connection)
    return engine


def _stated(url: URL, name: str) -> str:
    value = url.query.get(name, "")
    return value if isinstance(value, str) else " ".join(value)


def went_away(connection: Any) -> bool:
    """Whether the server has ended this idle connection of the driver's: it closed the socket or said why it will.

    Tells without the round trip of a ping. Between statements a server has nothing else to say.
    """
    waiting = poll()
    waiting.register(connection.fileno(), POLLIN)
    return bool(waiting.poll(0))


def _refuse_a_dead_connection(connection: Any, _entry: ConnectionPoolEntry, _proxy: Any) -> None:
    if went_away(connection):
        raise exc.DisconnectionError("the server ended the connection")


def _open_sqlite(url: URL) -> Engine:
    if url.host:  # sqlite://usage.db: what follows two slashes is a host
        named = "/".join(filter(None, (url.host, url.database)))
        raise ConfigurationError(f"a file is named behind three slashes; write sqlite:///{named}")
    if url.database and not url.database.startswith((":memory:", "file:")):
        _require_place(Path(url.database))
    engine = create_engine(url, connect_args={"timeout": BUSY_TIMEOUT_SECONDS, "check_same_thread": False})
    event.listen(engine, "do_connect", _make_own_file)
    event.listen(engine, "connect", _make_durable)
    event.listen(engine, "begin", _begin_explicitly)
    return engine


def _require_place(file: Path) -> None:
    """Raise `ConfigurationError` unless an SQLite database is in this file or can be made there."""
    if not file.parent.is_dir():
        raise ConfigurationError(f"there is no folder {file.parent} for the database; type: mkdir -p {file.parent}")
    if file.is_dir():
        raise ConfigurationError(f"{file} is a folder; name a file in it, such as sqlite:///{file}/usage.db")
    if file.is_file() and os.access(file, os.R_OK):
        with file.open("rb") as opened:
            start = opened.read(len(SQLITE_HEADER))
        if start and start != SQLITE_HEADER:
            raise ConfigurationError(f"{file} is not an SQLite database; name another file")


def _make_own_file(_dialect: Any, _entry: Any, arguments: Sequence[Any], _options: Any) -> None:
    """A new file is its owner's alone: it holds telephone numbers. SQLite gives the files beside it the same mode."""
    name = str(arguments[0])
    if not name.startswith((":memory:", "file:")) and not Path(name).exists():
        with suppress(OSError):  # where it cannot be made, SQLite says so
            os.close(os.open(name, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))


def _make_durable(connection: Any, _entry: ConnectionPoolEntry) -> None:
    """WAL lets readers go on while one writes; FULL flushes the log before a commit returns."""
    connection.isolation_level = None  # the driver must not begin or commit behind our back
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}").close()
    teach(connection)


def _begin_explicitly(connection: Connection) -> None:
    writes = connection.get_execution_options().get("sqlite_begin", "DEFERRED")
    connection.exec_driver_sql(f"BEGIN {writes}")


@contextmanager
def translated_errors() -> Iterator[None]:
    """The gate: SQLAlchemy's and the drivers' errors become ours, without their SQL, values or paths."""
    try:
        yield
    except exc.TimeoutError as error:
        raise unavailable("all connections of this process are in use") from error
    except exc.DBAPIError as error:
        raise translated(error.orig or error) from error


def translated(error: BaseException) -> StoreUnavailable | NotStored:
    """A driver's error as ours."""
    sqlstate = getattr(error, "sqlstate", None) or ""
    is_unavailable = isinstance(error, _UNAVAILABLE) and not sqlstate.startswith(_TOO_MUCH)
    is_unavailable = is_unavailable or sqlstate in _NO_RECORDS_FAULT
    return unavailable(str(error)) if is_unavailable else NotStored("the database refused it")


def unavailable(cause: str) -> StoreUnavailable:
    """The error with what the driver says of its cause, on one line and without a password.

    libpq does not repeat passwords, but an @ in one that was not encoded puts its end into the name of the host.
    """
    return StoreUnavailable("the database is not available", _UP_TO_AT.sub(HIDDEN + "@", " ".join(cause.split())))
