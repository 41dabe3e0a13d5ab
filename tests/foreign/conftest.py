"""Foreign clients, built by the tools of their own stack from the WSDL over HTTP.

A build lands in `.build/` (git-ignored) under the hash of what it was made from, so only a change of the
contract or of the client costs a compilation. A missing tool fails the test and names its Debian package.
"""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.running import RunningService, running
from usage_service.shipped import shipped

PATIENCE_SECONDS = 300
HERE = Path(__file__).parent
BUILDS = HERE / ".build"

# Arguments and answers are UTF-8 whatever the locale; the Python stacks run in the environment of the tests.
ENVIRONMENT = os.environ | {
    "LC_ALL": "C.UTF-8",
    "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
}


@dataclass(frozen=True, kw_only=True)
class ForeignClient:
    """The client program of one stack, bound to the WSDL at one URL."""

    program: Path
    wsdl_url: str

    def __call__(self, *arguments: str) -> str:
        """The line that answers a command: a result, or the typed fault as `FAULT id|text|variables`."""
        return run(self.program, self.wsdl_url, *arguments).removesuffix("\n")

    @contextmanager
    def conversation(self, log: Path) -> "Iterator[Conversation]":
        """The program started once for many commands, its errors in a log; it must end well."""
        with log.open("wb") as errors:
            process = subprocess.Popen(
                [self.program, self.wsdl_url],
                env=ENVIRONMENT,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                encoding="utf-8",
                bufsize=1,
            )
        yield Conversation(process, log)
        process.communicate(timeout=PATIENCE_SECONDS)
        assert process.returncode == 0, log.read_text("utf-8")


@dataclass(frozen=True)
class Conversation:
    """A running client program: a line of words asks it, a line of results answers."""

    process: subprocess.Popen[str]
    log: Path

    def __call__(self, *words: str) -> list[str]:
        """The results of one command, or the typed fault as `FAULT id|text|variables|field`."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        impatience = threading.Timer(PATIENCE_SECONDS, self.process.kill)
        impatience.start()
        with suppress(BrokenPipeError):  # it ended; its log says why
            self.process.stdin.write("\t".join(words) + "\n")
        answer = self.process.stdout.readline()
        impatience.cancel()
        assert answer, f"the client gave no answer to {words}:\n{self.log.read_text('utf-8')}"
        return answer.removesuffix("\n").split("\t")


def run(*command: str | Path) -> str:
    """What a command prints; the test fails with all it said if it did not end well."""
    outcome = subprocess.run(
        command, env=ENVIRONMENT, capture_output=True, encoding="utf-8", timeout=PATIENCE_SECONDS, check=False
    )
    if outcome.returncode != 0:
        pytest.fail(f"{command} ended with {outcome.returncode}\n{outcome.stdout}\n{outcome.stderr}")
    return outcome.stdout


def build(stack: str, contract: str, wsdl_url: str) -> Path:
    """The client program of a stack for a contract, built anew only when its sources changed."""
    directory = BUILDS / stack / f"{contract}-{fingerprint(stack, wsdl_url)}"
    directory.parent.mkdir(parents=True, exist_ok=True)
    with locked(directory.with_suffix(".lock")):
        if not directory.exists():
            unfinished = directory.with_suffix(".unfinished")
            shutil.rmtree(unfinished, ignore_errors=True)
            unfinished.mkdir()
            run(HERE / stack / "build", contract, wsdl_url, unfinished)
            unfinished.rename(directory)
    return directory / contract


def fingerprint(stack: str, wsdl_url: str) -> str:
    """Hash of what a build depends on: the shipped contracts, the client's folder, which WSDL it was given.

    The host and port stay out: every client gets its endpoint when it runs.
    """
    url = urlsplit(wsdl_url)
    digest = hashlib.sha256(f"{url.path}?{url.query}".encode())
    for folder in (shipped("wsdl"), HERE / stack):
        for path in sorted(path for path in folder.iterdir() if path.is_file()):
            digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()[:16]


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Keeps parallel test workers from building the same client at the same time."""
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def service(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningService]:
    """One running service on each kind of database for all tests of a module, which only add records to it."""
    folder, name = tmp_path_factory.mktemp("service"), f"foreign_{request.param}"
    if request.param == "sqlite":
        url = f"sqlite:///{folder}/usage.db"
    else:
        url = request.getfixturevalue("postgresql_server").create_database(name)
    with running(RunningService(url, folder)) as service:
        yield service


@pytest.fixture(params=["php", "node", "gsoap", "java", "axis", "mono", "suds", "zeep"])
def stack(request: pytest.FixtureRequest) -> str:
    """Every stack in turn: the name of a folder beside this file."""
    return str(request.param)


@pytest.fixture(scope="session")
def foreign_client() -> Callable[[str, str, str], ForeignClient]:
    """Builds the client of (stack, contract, WSDL URL); a contract is a program in each stack's folder."""

    def client(stack: str, contract: str, wsdl_url: str) -> ForeignClient:
        return ForeignClient(program=build(stack, contract, wsdl_url), wsdl_url=wsdl_url)

    return client
