"""Read the packaged catalog, and the operator's own files beside it."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from usage_service.catalog.catalog import Catalog
from usage_service.catalog.model import Service
from usage_service.catalog.reading import SharedCodes, read_code_lists, read_service
from usage_service.errors import ConfigurationError

_PACKAGE = Path(__file__).parent


def load(extra: Path | None = None, *, of_systems: Iterable[Path]) -> Catalog:
    """The packaged catalog with the files of the optional systems; a file in the directory `extra` adds a service, or
    replaces that of its id.

    Raises `ConfigurationError` naming the file and the key.
    """
    shared = read_code_lists(_PACKAGE / "code_lists.toml")
    packaged = [*(_PACKAGE / "services").glob("*.toml"), *of_systems]
    services = dict(_read_files(packaged, shared, packaged=True))
    if extra is not None:
        if not extra.is_dir():
            raise ConfigurationError(f"{extra}: the catalog directory does not exist")
        services |= dict(_read_files(extra.glob("*.toml"), shared, packaged=False))
    return Catalog(services.values())


def _read_files(files: Iterable[Path], shared: SharedCodes, packaged: bool) -> Iterator[tuple[str, Service]]:
    seen: dict[str, str] = {}
    for path in sorted(files):
        service = read_service(path, shared, origin="packaged" if packaged else str(path))
        if service.id in seen:
            raise ConfigurationError(f"{path.name}: id: {service.id} is already described by {seen[service.id]}")
        seen[service.id] = path.name
        yield service.id, service
