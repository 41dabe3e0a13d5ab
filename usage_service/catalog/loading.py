"""Read the packaged catalog, and the operator's own files beside it."""

from collections.abc import Iterator
from pathlib import Path

from usage_service.catalog.catalog import Catalog
from usage_service.catalog.model import Service
from usage_service.catalog.reading import SharedCodes, read_code_lists, read_service
from usage_service.errors import ConfigurationError

_PACKAGE = Path(__file__).parent


def load(extra: Path | None = None) -> Catalog:
    """The packaged catalog; a file in the directory `extra` adds a service, or replaces that of its id.

    Raises `ConfigurationError` naming the file and the key.
    """
    shared = read_code_lists(_PACKAGE / "code_lists.toml")
    services = dict(_read_directory(_PACKAGE / "services", shared, packaged=True))
    if extra is not None:
        services |= dict(_read_directory(extra, shared, packaged=False))
    return Catalog(services.values())


def _read_directory(directory: Path, shared: SharedCodes, packaged: bool) -> Iterator[tuple[str, Service]]:
    if not directory.is_dir():
        raise ConfigurationError(f"{directory}: the catalog directory does not exist")
    seen: dict[str, str] = {}
    for path in sorted(directory.glob("*.toml")):
        service = read_service(path, shared, origin="packaged" if packaged else str(path))
        if service.id in seen:
            raise ConfigurationError(f"{path.name}: id: {service.id} is already described by {seen[service.id]}")
        seen[service.id] = path.name
        yield service.id, service
