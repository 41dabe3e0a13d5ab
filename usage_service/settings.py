"""Settings: what can be configured, what the defaults are, and where each value in force came from.

A value is taken from the first of: command-line option, environment variable, TOML file, default. The settings of the
core are flat: `port` is `USAGE_SERVICE_PORT` in the environment. Those of an optional system are a group, stated by a
dataclass in the system's folder: `pexip.file` is `file` in the table `[pexip]`, and `USAGE_SERVICE_PEXIP_FILE`.
"""

import os
import re
import socket
import tomllib
from collections.abc import Callable, Collection, Mapping
from dataclasses import Field, dataclass, field, fields
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

import msgspec

from usage_service.errors import ConfigurationError

ENVIRONMENT_PREFIX = "USAGE_SERVICE_"
CLIENT_VARIABLES = frozenset(
    f"{ENVIRONMENT_PREFIX}{name}" for name in ("CONFIG", "ENDPOINT", "LEDGER_ENDPOINT", "USERNAME", "PASSWORD", "SPOOL")
)
"""Variables of the same prefix that are no settings: where the settings are, and options of the client's commands."""
DEFAULT_FILE = "usage-service.toml"

_PASSWORD_IN_URL = re.compile(
    r"(/[^:/@\[]*:)(?:.+(?=@)|(?!\d*(?:[/?]|$))[^/?]+)|([?&](?:\w*password|passfile|\w*secret|sslkey)=)[^&]+"
)
"""Behind one slash too; up to the last @, as a password may hold one that was not encoded; without any, what stands
where a port would; and libpq's parameters that hold or lead to a secret."""
HIDDEN = "***"

Group = TypeVar("Group")

Port = Annotated[int, msgspec.Meta(ge=1, le=65_535)]
AtLeastOne = Annotated[int, msgspec.Meta(ge=1)]
NotNegative = Annotated[int, msgspec.Meta(ge=0)]
Days = NotNegative
Seconds = Annotated[float, msgspec.Meta(gt=0)]


def setting(default: Any, text: str, *, hide: Callable[[Any], Any] | None = None) -> Any:
    """A field with its help text; `default` may make the value, and `hide` makes of it what may be shown of it."""
    make = {"default_factory": default} if callable(default) else {"default": default}
    return field(**make, metadata={"help": text, "hide": hide})


def without_password(url: str) -> str:
    """What may be shown of a URL, well-formed or not."""
    return _PASSWORD_IN_URL.sub(lambda found: (found[1] or found[2]) + HIDDEN, url)


def hidden(secret: str) -> str:
    """What may be shown of a secret: whether there is one."""
    return HIDDEN if secret else ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Settings:
    """The settings of the core, and the groups of the optional systems."""

    database: str = setting(
        "sqlite:///usage.db", "Where records are kept: sqlite:///FILE or postgresql://…", hide=without_password
    )
    bind: str = setting("127.0.0.1", "Address to listen on.")
    port: Port = setting(8080, "Port to listen on.")
    workers: AtLeastOne = setting(2, "Worker processes.")
    public_url: str = setting(
        "", "URL that clients reach the service by; goes into the WSDL. Empty: http://localhost:PORT."
    )
    host: str = setting(socket.gethostname, "Name written into every record's HOST column.")
    log_level: Literal["debug", "info", "warning", "error"] = setting(
        "info", "Least severe lines to log; debug logs a line for every stored record."
    )
    max_body_bytes: AtLeastOne = setting(1_048_576, "Longest request body; more is answered with 413.")
    max_batch_bytes: AtLeastOne = setting(16_777_216, "The same for requests to the Usage Ledger, which takes batches.")
    max_header_bytes: AtLeastOne = setting(32_768, "Longest request head; more is answered with 431.")
    max_headers: AtLeastOne = setting(100, "Most header lines of a request; more are answered with 431.")
    header_seconds: Seconds = setting(10.0, "Time for a request's head to arrive; later is answered with 408.")
    body_seconds: Seconds = setting(60.0, "Time for a request's body to arrive; later is answered with 408.")
    answer_seconds: Seconds = setting(30.0, "How long a client may leave its answers unread; then it is disconnected.")
    idle_seconds: AtLeastOne = setting(75, "How long a connection waits for its next request; in Keep-Alive.")
    max_connections: AtLeastOne = setting(
        2_000, "Most connections of one worker; beyond them, those without a request make room or 503 is the answer."
    )
    max_connections_per_address: AtLeastOne = setting(1_000, "The same for the connections from one address.")
    max_pending_bytes: AtLeastOne = setting(
        134_217_728, "Most bytes of unanswered requests in one worker; the slowest sender gets 503."
    )
    queue_limit: AtLeastOne = setting(10_000, "Requests that may wait in one worker before the service says busy.")
    group_limit: AtLeastOne = setting(500, "Most records in one group commit.")
    fast_path: bool = setting(True, "Decode well-formed writeUsageRecord requests without Spyne.")
    unequal_arrays: Literal["reject", "lenient"] = setting(
        "reject",
        "What to do when names and values do not pair up: refuse, or fill up and mark the record repaired.",
    )
    element_form: Literal["auto", "qualified", "unqualified"] = setting(
        "auto", "Form of answers: as the request's children, or always qualified or unqualified."
    )
    response_child_name: str = setting("recordID", "Name of the element that carries the record id.")
    response_child_type: Literal["string", "long"] = setting(
        "string", "Type of the record id on the wire; long issues 63-bit numbers."
    )
    alias_namespaces: list[str] = setting(list, "Further namespaces in which writeUsageRecordRequest is understood.")
    once_by_content: list[str] = setting(
        list, "Services whose equal records are one record, stored once, where they send no key."
    )
    keep_rejects: bool = setting(True, "Keep refused requests, so that they can be put right and replayed.")
    reject_body_bytes: NotNegative = setting(65_536, "How much of a refused request's body is kept.")
    keep_records_days: NotNegative = setting(
        0, "How old records become before `retention` removes them. 0: they are kept."
    )
    keep_keys_days: Days = setting(0, "The same for idempotency keys: how long after its first use a retry is known.")
    keep_rejects_days: Days = setting(0, "The same for rejects that a replay made records of.")
    keep_open_rejects_days: Days = setting(0, "The same for rejects that never became records.")
    usage_policies: Literal["keep", "strip", "off"] = setting(
        "keep", "Copy usage.* policies of twssHeaders to properties: full name, without the prefix, or not."
    )
    wsdl_folder: str = setting("", "Folder with the WSDL files to serve, instead of the shipped ones.")
    auth_modes: list[Literal["none", "basic", "username_token", "proxy_certificate"]] = setting(
        list, "How callers prove who they are; empty is allowed on a loopback address only, none anywhere."
    )
    callers_file: str = setting("", "TOML file that says who may write for which services.")
    token_seconds: NotNegative = setting(300, "How old a UsernameToken with a digest may be.")
    nonce_folder: str = setting("", "Folder for used nonces, shared by all workers. Empty: a temporary folder.")
    proxy_subject_header: str = setting(
        "X-Client-Subject", "Header in which a trusted proxy gives the subject of a verified client certificate."
    )
    trusted_proxies: list[str] = setting(list, "Addresses or networks of proxies that verify client certificates.")
    catalog: Literal["off", "warn", "enforce"] = setting(
        "warn", "Names that the event catalog does not know: ignore, mark and count, or refuse."
    )
    catalog_by_service: dict[str, Literal["off", "warn", "enforce"]] = setting(dict, "The same for single services.")
    catalog_folder: str = setting("", "Folder with further catalog files; they add or replace services.")
    groups: tuple[object, ...] = ()
    """One dataclass for each optional system; `group` finds them."""

    def group(self, kind: type[Group]) -> Group:
        """The settings of an optional system, by their class; the defaults where they were not loaded."""
        for found in self.groups:
            if isinstance(found, kind):
                return found
        return kind()


@dataclass(frozen=True, slots=True)
class InForce:
    """One setting's value and where it came from: an option, a variable, a file, or the default."""

    name: str
    """As in `load_settings`: with its group, such as `pexip.file`."""
    value: Any
    origin: str
    help: str
    hide: Callable[[Any], Any] | None = None

    @property
    def shown(self) -> Any:
        """The value as anybody may see it: settings end up in tickets and terminals, passwords may not."""
        return self.hide(self.value) if self.hide else self.value


@dataclass(frozen=True, slots=True)
class LoadedSettings:
    """The settings in force, with their origins."""

    settings: Settings
    in_force: tuple[InForce, ...]


def load_settings(
    options: Mapping[str, Any] | None = None,
    *,
    groups: Mapping[str, type[Any]],
    file: str | None = None,
    environment: Mapping[str, str] | None = None,
) -> LoadedSettings:
    """Gather the settings; `groups` are the dataclasses of the optional systems, by the names of their groups.

    Raises `ConfigurationError` naming the setting and its origin when one is wrong or unknown.
    """
    variables = os.environ if environment is None else environment
    path = file or variables.get(ENVIRONMENT_PREFIX + "CONFIG")
    known = {each.name: each for each in fields(Settings) if each.metadata}
    for group, kind in groups.items():
        known |= {f"{group}.{each.name}": each for each in fields(kind)}
    sources = (
        ("option", {name: value for name, value in (options or {}).items() if value is not None}),
        ("environment", _from_environment(variables, known)),
        (f"file {path or DEFAULT_FILE}", _from_file(path, known, groups)),
    )
    values: dict[str, Any] = {}
    origins: dict[str, str] = {}
    for origin, found in sources:
        for name, raw in found.items():
            if name not in values:
                values[name] = _converted(name, known[name].type, raw, origin)
                origins[name] = origin
    loaded: dict[str, Any] = {
        group: kind(**{each.name: values[name] for each in fields(kind) if (name := f"{group}.{each.name}") in values})
        for group, kind in groups.items()
    }
    settings = Settings(
        **{name: value for name, value in values.items() if "." not in name}, groups=tuple(loaded.values())
    )

    def in_force(name: str, each: Field[Any]) -> InForce:
        holder = loaded.get(name.rpartition(".")[0], settings)
        return InForce(name, getattr(holder, each.name), origins.get(name, "default"), **each.metadata)

    return LoadedSettings(settings, tuple(in_force(name, each) for name, each in known.items()))


def as_environment(loaded: LoadedSettings) -> dict[str, str]:
    """The settings as environment variables, for worker processes to load."""
    return {
        variable_name(item.name): item.value
        if isinstance(item.value, str)
        else msgspec.json.encode(item.value).decode()
        for item in loaded.in_force
        if item.origin != "default"
    }


def variable_name(name: str) -> str:
    """The environment variable of a setting, such as USAGE_SERVICE_PEXIP_FILE of `pexip.file`."""
    return ENVIRONMENT_PREFIX + name.replace(".", "_").upper()


def _from_environment(variables: Mapping[str, str], known: Collection[str]) -> dict[str, Any]:
    names = {variable_name(name): name for name in known}
    ours = {variable for variable in variables if variable.startswith(ENVIRONMENT_PREFIX)}
    unknown: dict[str, str | None] = {}
    for variable in ours - set(names) - CLIENT_VARIABLES:
        near = _nearest(variable.removeprefix(ENVIRONMENT_PREFIX).lower(), known)
        unknown[variable] = near and variable_name(near)
    _refuse_unknown("the environment", unknown)
    return {names[variable]: variables[variable] for variable in ours & set(names)}


def _from_file(path: str | None, known: Collection[str], groups: Collection[str]) -> dict[str, Any]:
    place = Path(path or DEFAULT_FILE)
    if path is None and not place.exists():
        return {}
    try:
        entries = tomllib.loads(place.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigurationError(f"cannot read {place}: {error.strerror}") from error
    except ValueError as error:
        raise ConfigurationError(f"cannot read {place}: {error}") from error
    found: dict[str, Any] = {}
    for name, value in entries.items():
        if name in groups and isinstance(value, dict):
            found |= {f"{name}.{inner}": each for inner, each in value.items()}
        else:
            found[name] = value
    unknown = {
        name: _nearest(name, [*known, *groups] if isinstance(value, dict) else known)
        for name, value in found.items()
        if name not in known
    }
    _refuse_unknown(str(place), unknown)
    return found


def _refuse_unknown(place: str, unknown: Mapping[str, str | None]) -> None:
    """Raise `ConfigurationError` naming the unknown settings, each with the nearest known one, where one is near."""
    if unknown:
        named = (f"{name} (did you mean {near}?)" if near else name for name, near in sorted(unknown.items()))
        raise ConfigurationError(f"{place}: unknown settings: {', '.join(named)}")


def _nearest(name: str, known: Collection[str]) -> str | None:
    """The known name that is most like this one, whatever group either is in and whether it is said or left out."""
    spelled = {each.rpartition(".")[2]: each for each in reversed([*known])}
    spelled |= {each.replace(".", "_"): each for each in known}
    if (bare := name.rpartition(".")[2]) in spelled:
        return spelled[bare]
    found = get_close_matches(name.replace(".", "_"), spelled, n=1)
    return spelled[found[0]] if found else None


def _converted(name: str, kind: Any, raw: Any, origin: str) -> Any:
    if isinstance(raw, str) and getattr(kind, "__origin__", None) in (list, dict):
        try:
            raw = msgspec.json.decode(raw)
        except msgspec.DecodeError as error:
            raise ConfigurationError(f"{name} ({origin}): not JSON: {error}") from error
    try:
        return msgspec.convert(raw, kind, strict=False)
    except msgspec.ValidationError as error:
        raise ConfigurationError(f"{name} ({origin}): {error}") from error
