"""Building the peers into `.build/` (git-ignored): `python -m benchmarks.build [NAME…]`.

A build lands under the hash of what it was made from, so only a change of a peer or of the contract costs a
compilation. The Debian packages it needs are listed in `benchmarks/packages`.
"""

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
PEERS = HERE / "peers"
CONTRACTS = HERE.parent / "wsdl"
BUILDS = HERE / ".build"


def build(peer: str) -> Path:
    """The program that serves a peer: `serve PORT DATABASE [ARGUMENT…]`."""
    directory = BUILDS / f"{peer}-{_fingerprint(peer)}"
    if not directory.exists():
        unfinished = directory.with_suffix(".unfinished")
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(parents=True)
        environment = os.environ | {"PYTHON": sys.executable}
        with (unfinished / "build.log").open("wb") as log:
            done = subprocess.run(
                [PEERS / peer / "build", unfinished], env=environment, stdout=log, stderr=log, check=False
            )
        if done.returncode != 0:
            sys.exit(f"{peer} was not built (packages: {HERE / 'packages'}):\n{(unfinished / 'build.log').read_text()}")
        unfinished.rename(directory)
    return directory / "serve"


def peers() -> list[str]:
    """Every peer there is: the folders with a `build`."""
    return sorted(path.parent.name for path in PEERS.glob("*/build"))


def _fingerprint(peer: str) -> str:
    digest = hashlib.sha256(sys.executable.encode())
    for folder in (CONTRACTS, PEERS / peer):
        for path in sorted(path for path in folder.iterdir() if path.is_file()):
            digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()[:16]


def main() -> None:
    """Build the peers named on the command line, or all."""
    for peer in sys.argv[1:] or peers():
        print(build(peer))


if __name__ == "__main__":
    main()
