"""The command line against a real service: what each command prints, in which form, and with which exit code."""

import csv
import io
import json
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from functools import partial

import pytest
from typer.main import get_command

from tests.running import RunningService
from usage_service.main import app, main

WRITE = ("write", "--service", "PX21_CN_IMS", "--event", "StartCallNotification")


def command_paths(command, path=()):
    yield path
    for name, child in getattr(command, "commands", {}).items():
        yield from command_paths(child, (*path, name))


COMMANDS = sorted(command_paths(get_command(app)))


@pytest.fixture(scope="module")
def usage(shared_service):
    """Run a command in this process, with the settings of the running service."""
    return partial(run_here, shared_service)


def run_here(service: RunningService, *arguments: str) -> subprocess.CompletedProcess[str]:
    code, stdout, stderr = 0, io.StringIO(), io.StringIO()
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(stdout), redirect_stderr(stderr):
        for name, value in service.environment().items():
            patch.setenv(name, value)
        patch.setattr(sys, "argv", ["usage-service", *arguments])
        try:
            main()
        except SystemExit as stopped:
            code = int(stopped.code or 0)
    return subprocess.CompletedProcess(arguments, code, stdout.getvalue(), stderr.getvalue())


@pytest.fixture(scope="module")
def write(shared_service, usage):
    def run(*arguments: str) -> str:
        done = usage(*WRITE, "--endpoint", shared_service.endpoint, *arguments)
        assert (done.returncode, done.stderr) == (0, "")
        return done.stdout.strip()

    return run


@pytest.fixture(scope="module")
def written(write) -> tuple[str, str]:
    """Two records of one transaction."""
    first = write("--transaction", "cli-1", "--time", "2012-10-29T14:41:00.540Z", "REQUESTER=alice", "X=a;b=c", "X=")
    return first, write("--transaction", "cli-1", "--code", "1", "REQUESTER=bob")


@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_every_command_and_option_has_help(path):
    command = get_command(app)
    for name in path:
        command = command.commands[name]
    assert command.help, path
    untold = [p.name for p in command.params if p.param_type_name == "option" and not getattr(p, "help", None)]
    assert untold == []


def test_help_teaches_where_to_start(usage):
    done = usage("--help")
    assert done.returncode == 0
    assert "Start with" in done.stdout
    assert [path for path in COMMANDS if len(path) == 1 and path[0] not in done.stdout] == []


def test_written_record_is_shown_in_full(usage, written):
    done = usage("show", written[0])
    shown = json.loads(done.stdout)
    assert shown["properties"] == [["REQUESTER", "alice"], ["X", "a;b=c"], ["X", ""]]
    assert shown["record_time"].startswith("2012-10-29T14:41:00.540")
    assert (shown["record_id"], shown["requester"], shown["code"]) == (written[0], "alice", 0)


def printed(done):
    assert done.returncode == 0, done.stderr
    return [json.loads(line)["record_id"] for line in done.stdout.splitlines()]


def test_records_are_found_by_each_condition(usage, written):
    mine = ("records", "--json", "--transaction", "cli-1")
    first, second = written
    assert printed(usage(*mine)) == [first, second]
    assert printed(usage(*mine, "--property", "X=a;b=c", "--until", "2013-01-01")) == [first]
    assert printed(usage(*mine, "--code", "1", "--requester", "bob", "--since", "2013-01-01T00:00:00+01:00")) == [
        second
    ]
    assert printed(usage(*mine, "--after", first, "--limit", "1")) == [second]
    assert printed(usage(*mine, "--event", "StopCallNotification")) == []


def test_records_as_csv_have_heading(usage, written):
    rows = list(csv.DictReader(io.StringIO(usage("records", "--transaction", "cli-1", "--format", "csv").stdout)))
    assert [row["record_id"] for row in rows] == list(written)
    assert json.loads(rows[0]["properties"]) == [["REQUESTER", "alice"], ["X", "a;b=c"], ["X", ""]]


def test_records_as_table_are_readable(usage, written):
    table = usage("records", "--transaction", "cli-1").stdout
    assert all(record_id in table for record_id in written)
    assert "StartCallNotification" in table


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (
            ("show", "01890a5d-ac96-774b-bcce-b302099a8057"),
            2,
            "there is no record 01890a5d-ac96-774b-bcce-b302099a8057",
        ),
        (("show", "nonsense"), 2, "invalid value for recordID"),
        (("records", "--since", "yesterday"), 2, "yesterday is not an ISO 8601 time"),
        (("records", "--property", "NAME"), 2, "NAME is not NAME=VALUE"),
        (("catalog", "explain", "UNKNOWN"), 2, "UNKNOWN"),
        (("wsdl", "Nothing"), 2, "there is no contract Nothing; there are UsageBilling, UsageLedger, UsageRecord"),
        (("--database", "mysql://x/y", "records"), 3, "databases are sqlite and postgresql, not mysql"),
        (("--config", "missing.toml", "config"), 3, "cannot read missing.toml"),
        (("--database", "postgresql://x@127.0.0.1:1/y", "records"), 1, "the database is not available"),
        ((*WRITE, "--endpoint", "http://127.0.0.1:1/"), 1, "http://127.0.0.1:1/ does not answer"),
        ((*WRITE, "--time", "late"), 2, "late is not an ISO 8601 time"),
    ],
    ids=lambda value: " ".join(value)[:40] if isinstance(value, tuple) else "",
)
def test_error_line_and_exit_code_name_fault(usage, arguments, code, said):
    done = usage(*arguments)
    assert done.returncode == code
    assert done.stderr.startswith("usage-service: ")
    assert said in done.stderr
    assert done.stderr.count("\n") == 1


def test_table_never_truncates_record_ids(usage, write):
    record_id = write("--transaction", "t" * 127, f"LONG={'v' * 300}")
    assert record_id in usage("records", "--transaction", "t" * 127).stdout


def test_endpoint_option_overrides_configured_port(usage):
    done = usage(*WRITE, "PORT=settings")
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(usage("show", done.stdout.strip()).stdout)["properties"] == [["PORT", "settings"]]


def test_rejected_record_is_caller_error(shared_service, usage):
    done = usage(*WRITE, "--code", "2147483648", "--endpoint", shared_service.endpoint)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("usage-service: invalid value for code")


def test_catalog_lists_and_explains_services(usage):
    assert "PX21_CN_IMS" in usage("catalog").stdout
    services = [json.loads(line) for line in usage("catalog", "list", "--format", "json").stdout.splitlines()]
    assert len(services) > 15
    assert json.loads(usage("catalog", "explain", "PX21_CN_IMS").stdout)["title"]


def test_every_setting_shows_its_origin(shared_service, usage):
    rows = {row["setting"]: row for row in map(json.loads, usage("config", "--format", "json").stdout.splitlines())}
    assert {"port", "billing.rounding", "pexip.file"} < set(rows)
    assert (rows["port"]["value"], rows["port"]["from"]) == (shared_service.port, "environment")
    assert rows["group_limit"]["from"] == "default"


def test_database_empty_then_initialised_then_ready(tmp_path, empty_database, database_url):
    service = RunningService(database_url, tmp_path)
    before = run_here(service, "db", "status")
    assert (before.returncode, before.stdout.splitlines()[0][:14]) == (1, "schema: empty,")
    assert run_here(service, "db", "init").returncode == 0
    after = run_here(service, "db", "status")
    assert after.stdout.count("\n") == 1
    assert run_here(service, "records").returncode == 0


def test_contracts_saved_with_configured_address(shared_service, tmp_path):
    service = RunningService(shared_service.database, tmp_path, settings={"public_url": "https://example.org"})
    run_here(service, "wsdl", "--save", str(tmp_path / "contracts"))
    saved = (tmp_path / "contracts" / "UsageRecord.wsdl").read_text("utf-8")
    assert 'location="https://example.org/UsageRecordService/services/UsageRecord"' in saved


@pytest.mark.parametrize(
    "words",
    [
        ("--database", "{}", "db", "upgrade"),
        ("db", "upgrade", "--database", "{}"),
        ("db", "--database={}", "upgrade"),
    ],
)
def test_the_database_is_taken_anywhere(shared_service, tmp_path, words):
    file = tmp_path / "elsewhere.db"
    done = run_here(shared_service, *(word.format(f"sqlite:///{file}") for word in words))
    assert (done.returncode, file.exists()) == (0, True)


def test_two_different_databases_are_refused(usage):
    done = usage("--database", "sqlite:///a.db", "db", "status", "--database", "sqlite:///b.db")
    assert done.returncode == 3
    assert done.stderr == "usage-service: --database is given twice: sqlite:///a.db and sqlite:///b.db\n"
