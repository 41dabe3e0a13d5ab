"""Where the files that ship beside the code are: the contracts (`wsdl/`) and the SQL texts (`sql/`)."""

from pathlib import Path

_PACKAGE = Path(__file__).parent


def shipped(*parts: str) -> Path:
    """The path of a shipped file or folder, for example `shipped("wsdl", "UsageRecord.wsdl")`.

    In an installed wheel they lie inside the package, in a source tree beside it.
    """
    installed = _PACKAGE / "_shipped"
    root = installed if installed.is_dir() else _PACKAGE.parent
    return root.joinpath(*parts)
