"""Settings: what can be configured, what the defaults are, and where each value in force came from.

A value is taken from the first of: command-line option, environment variable `USAGE_SERVICE_<NAME>`, TOML file,
default. The docstring of a field is its help text.
"""

import os
import re
import socket
import tomllib
from collections.abc import Callable, Iterable, Mapping, Set
from dataclasses import dataclass, field, fields
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Literal

import msgspec

from usage_service.errors import ConfigurationError

ENVIRONMENT_PREFIX = "USAGE_SERVICE_"
CLIENT_VARIABLES = frozenset(
    f"{ENVIRONMENT_PREFIX}{name}" for name in ("CONFIG", "ENDPOINT", "LEDGER_ENDPOINT", "USERNAME", "PASSWORD", "SPOOL")
)
"""Variables of the same prefix that are no settings: where the settings are, and options of the client's commands."""
DEFAULT_FILE = "usage-service.toml"

INTERACTION_RULES = (
    {"service": "PX21_CN_IMS", "property": "CALL_ID", "matches": "NetworkCallID"},
    {"service": "PEXIP_PARTICIPANT", "property": "callId", "matches": "NetworkCallID"},
    {"service": "PEXIP_PARTICIPANT", "property": "conversationId", "matches": "UserData.conversation_id"},
)
"""SIP Call-IDs are what Genesys reports as the call's id in the network."""


_PASSWORD_IN_URL = re.compile(r"(//[^:/@]*:)[^@]+(?=@)|([?&]password=)[^&]+")
HIDDEN = "***"


def _setting(default: Any, text: str, *, hide: Callable[[Any], Any] | None = None) -> Any:
    """`hide` makes of a value what may be shown of it."""
    make = {"default_factory": default} if callable(default) else {"default": default}
    return field(**make, metadata={"help": text, "hide": hide})


def _without_password(url: str) -> str:
    return _PASSWORD_IN_URL.sub(lambda found: (found[1] or found[2]) + HIDDEN, url)


def _hidden(secret: str) -> str:
    return HIDDEN if secret else ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Settings:
    """Every setting of the service."""

    database: str = _setting(
        "sqlite:///usage.db", "Where records are kept: sqlite:///FILE or postgresql://…", hide=_without_password
    )
    bind: str = _setting("127.0.0.1", "Address to listen on.")
    port: int = _setting(8080, "Port to listen on.")
    workers: int = _setting(2, "Worker processes.")
    public_url: str = _setting(
        "", "URL that clients reach the service by; goes into the WSDL. Empty: http://localhost:PORT."
    )
    host: str = _setting(socket.gethostname, "Name written into every record's HOST column.")
    log_level: Literal["debug", "info", "warning", "error"] = _setting(
        "info", "Least severe lines to log; debug logs a line for every stored record."
    )
    max_body_bytes: int = _setting(1_048_576, "Longest request body; more is answered with 413.")
    max_batch_bytes: int = _setting(16_777_216, "The same for requests to the Usage Ledger, which takes batches.")
    max_header_bytes: int = _setting(32_768, "Longest request head; more is answered with 431.")
    max_headers: int = _setting(100, "Most header lines of a request; more are answered with 431.")
    header_seconds: float = _setting(10.0, "Time for a request's head to arrive; later is answered with 408.")
    body_seconds: float = _setting(60.0, "Time for a request's body to arrive; later is answered with 408.")
    queue_limit: int = _setting(10_000, "Requests that may wait in one worker before the service says busy.")
    group_limit: int = _setting(500, "Most records in one group commit.")
    fast_path: bool = _setting(True, "Decode well-formed writeUsageRecord requests without Spyne.")
    unequal_arrays: Literal["reject", "lenient"] = _setting(
        "reject",
        "What to do when names and values do not pair up: refuse, or fill up and mark the record repaired.",
    )
    element_form: Literal["auto", "qualified", "unqualified"] = _setting(
        "auto", "Form of answers: as the request's children, or always qualified or unqualified."
    )
    response_child_name: str = _setting("recordID", "Name of the element that carries the record id.")
    response_child_type: Literal["string", "long"] = _setting(
        "string", "Type of the record id on the wire; long issues 63-bit numbers."
    )
    alias_namespaces: list[str] = _setting(list, "Further namespaces in which writeUsageRecordRequest is understood.")
    once_by_content: list[str] = _setting(
        list, "Services whose equal records are one record, stored once, where they send no key."
    )
    keep_rejects: bool = _setting(True, "Keep refused requests, so that they can be put right and replayed.")
    reject_body_bytes: int = _setting(65_536, "How much of a refused request's body is kept.")
    keep_records_days: int = _setting(0, "How old records become before `retention` removes them. 0: they are kept.")
    keep_keys_days: int = _setting(0, "The same for idempotency keys: how long after its first use a retry is known.")
    keep_rejects_days: int = _setting(0, "The same for rejects that a replay made records of.")
    keep_open_rejects_days: int = _setting(0, "The same for rejects that never became records.")
    usage_policies: Literal["keep", "strip", "off"] = _setting(
        "keep", "Copy usage.* policies of twssHeaders to properties: full name, without the prefix, or not."
    )
    wsdl_folder: str = _setting("", "Folder with the WSDL files to serve, instead of the shipped ones.")
    auth_modes: list[Literal["none", "basic", "username_token", "proxy_certificate"]] = _setting(
        list, "How callers prove who they are; empty is allowed on a loopback address only, none anywhere."
    )
    callers_file: str = _setting("", "TOML file that says who may write for which services.")
    token_seconds: int = _setting(300, "How old a UsernameToken with a digest may be.")
    nonce_folder: str = _setting("", "Folder for used nonces, shared by all workers. Empty: a temporary folder.")
    proxy_subject_header: str = _setting(
        "X-Client-Subject", "Header in which a trusted proxy gives the subject of a verified client certificate."
    )
    trusted_proxies: list[str] = _setting(list, "Addresses or networks of proxies that verify client certificates.")
    catalog: Literal["off", "warn", "enforce"] = _setting(
        "warn", "Names that the event catalog does not know: ignore, mark and count, or refuse."
    )
    catalog_by_service: dict[str, Literal["off", "warn", "enforce"]] = _setting(dict, "The same for single services.")
    pexip: str = _setting(
        "", "File that describes the Pexip Infinity deployment to take usage from; see docs/pexip.md."
    )
    catalog_folder: str = _setting("", "Folder with further catalog files; they add or replace services.")
    genesys_user_data: list[str] = _setting(list, "Keys of Genesys attached data (UserData) to keep with calls.")
    genesys_utc_offset_minutes: int = _setting(
        0, "Local time minus UTC of Genesys logs that have neither time stamps nor a banner that says."
    )
    genesys_block_bytes: int = _setting(
        4_194_304, "Bytes of a Genesys log read at a time; what they hold is stored in one transaction."
    )
    genesys_link_wait_minutes: float = _setting(
        15.0, "How long the other side of an IS-Link is waited for before the link counts as failed."
    )
    genesys_monitored: list[str] = _setting(
        list,
        "T-Servers (Application or Application@Switch) whose logs are read; empty: all. Others never answer a link.",
    )
    genesys_settle_seconds: float = _setting(
        10.0, "How often `genesys follow` makes interactions and usage records of new events, and applies time-outs."
    )
    interaction_rules: list[dict[str, str]] = _setting(
        lambda: [dict(rule) for rule in INTERACTION_RULES],
        "Which records of other services belong to an interaction: service, property, and what of a call it matches.",
    )
    billing_layout: str = _setting("pgi", "How CDR workbooks are laid out: a shipped layout's name, or a TOML file.")
    billing_time_zone: str = _setting("UTC", "Zone whose midnights begin and end a billing month.")
    billing_mode: Literal["by_usage_time", "one_per_user"] = _setting(
        "by_usage_time", "Cost centre of a line: the one valid when its use began, or when the period ends."
    )
    billing_rounding: Literal["half-up", "half-even"] = _setting(
        "half-up", "How an aggregate, never a line, is rounded to cents."
    )
    billing_max_age_days: int = _setting(90, "A cost centre not confirmed for more days before a use is stale.")
    billing_when_missing: Literal["keep", "default"] = _setting(
        "keep", "A login without a cost centre: keep the last one and flag it, or fall to the customer's default."
    )
    call_events_token: str = _setting(
        "", "Bearer token of the SIP proxy that reports call events. Empty: Call Notification is off.", hide=_hidden
    )
    call_service_name: str = _setting("PX21_CN_IMS", "Service name in the usage records of Call Notification.")
    application_endpoints: list[str] = _setting(
        list, "Endpoints of applications that may be called, such as https://*.example.com/. Empty: any public one."
    )
    busy_codes: str = _setting("", "SIP response codes that mean Busy. Empty: as the preset has it.")
    no_answer_codes: str = _setting("", "SIP response codes that mean NoAnswer. Empty: as the preset has it.")
    response_preset: Literal["default", "oracle"] = _setting("default", "Which SIP responses are which call event.")
    callback_version: Literal["as_subscribed", "v2_2", "v3_2", "v3_8"] = _setting(
        "as_subscribed",
        "Version of the interface that applications implement: that of the manager they subscribe with, or always one.",
    )
    px21_send_correlator: bool = _setting(True, "Send the correlator to applications of Parlay X 2.1 too.")
    stop_unknown_correlator: Literal["fault", "ignore"] = _setting(
        "fault", "What stopping a subscription that is not there does: SVC0002, or nothing."
    )
    delivery_retries: int = _setting(3, "How often a notice is tried again when the application is not available.")
    delivery_retry_delay: float = _setting(5.0, "Seconds before the first of these; doubled for each further one.")
    delivery_timeout: float = _setting(10.0, "Seconds an application has to take a notice.")
    delivery_lanes: int = _setting(4, "Notices on their way to one application at a time, for each worker.")
    record_outcome: bool = _setting(True, "Write a second usage record for a notice: Sent or Failed.")
    direction_timeout: float = _setting(1.5, "Seconds an application has to direct a call.")
    call_settle_seconds: float = _setting(30.0, "How long a notice waits for call events that are missing.")
    call_hours: float = _setting(48.0, "How long a call is remembered after its last event.")


@dataclass(frozen=True, slots=True)
class InForce:
    """One setting's value and where it came from: an option, a variable, a file, or the default."""

    name: str
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
    file: str | None = None,
    environment: Mapping[str, str] | None = None,
) -> LoadedSettings:
    """Gather the settings; raises `ConfigurationError` naming the setting and its origin when one is wrong."""
    variables = os.environ if environment is None else environment
    path = file or variables.get(ENVIRONMENT_PREFIX + "CONFIG")
    sources = (
        ("option", {name: value for name, value in (options or {}).items() if value is not None}),
        ("environment", _from_environment(variables)),
        (f"file {path or DEFAULT_FILE}", _from_file(path)),
    )
    values: dict[str, Any] = {}
    origins: dict[str, str] = {}
    for origin, found in sources:
        for name, raw in found.items():
            if name not in values:
                values[name] = _converted(name, raw, origin)
                origins[name] = origin
    settings = Settings(**values)
    return LoadedSettings(
        settings,
        tuple(
            InForce(f.name, getattr(settings, f.name), origins.get(f.name, "default"), **f.metadata)
            for f in fields(Settings)
        ),
    )


def as_environment(loaded: LoadedSettings) -> dict[str, str]:
    """The settings as environment variables, for worker processes to load."""
    return {
        ENVIRONMENT_PREFIX + item.name.upper(): item.value
        if isinstance(item.value, str)
        else msgspec.json.encode(item.value).decode()
        for item in loaded.in_force
        if item.origin != "default"
    }


_TYPES = {f.name: f.type for f in fields(Settings)}


def _from_environment(variables: Mapping[str, str]) -> dict[str, Any]:
    names = {ENVIRONMENT_PREFIX + name.upper(): name for name in _TYPES}
    ours = {name for name in variables if name.startswith(ENVIRONMENT_PREFIX)}
    _refuse_unknown("the environment", ours - set(names) - CLIENT_VARIABLES, names)
    return {names[variable]: variables[variable] for variable in ours & set(names)}


def _from_file(path: str | None) -> dict[str, Any]:
    place = Path(path or DEFAULT_FILE)
    if path is None and not place.exists():
        return {}
    try:
        found = tomllib.loads(place.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ConfigurationError(f"cannot read {place}: {error}") from error
    _refuse_unknown(str(place), set(found) - set(_TYPES), _TYPES)
    return found


def _refuse_unknown(place: str, unknown: Set[str], known: Iterable[str]) -> None:
    """Raise `ConfigurationError` naming the unknown settings, each with the nearest known one."""
    if unknown:
        raise ConfigurationError(
            f"{place}: unknown settings: {', '.join(_with_nearest(name, known) for name in sorted(unknown))}"
        )


def _with_nearest(name: str, known: Iterable[str]) -> str:
    nearest = get_close_matches(name, known, n=1)
    return f"{name} (did you mean {nearest[0]}?)" if nearest else name


def _converted(name: str, raw: Any, origin: str) -> Any:
    kind = _TYPES[name]
    if isinstance(raw, str) and kind not in (str,) and getattr(kind, "__origin__", None) in (list, dict):
        try:
            raw = msgspec.json.decode(raw)
        except msgspec.DecodeError as error:
            raise ConfigurationError(f"{name} ({origin}): not JSON: {error}") from error
    try:
        return msgspec.convert(raw, kind, strict=False)
    except msgspec.ValidationError as error:
        raise ConfigurationError(f"{name} ({origin}): {error}") from error
