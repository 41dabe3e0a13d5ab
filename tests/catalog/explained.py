"""Regenerate: `python -m tests.catalog.explained > tests/catalog/data/voting_explained.json`."""

import json
import sys
from pathlib import Path

from usage_service.catalog import Catalog, explain, load


def explained(catalog: Catalog, name: str) -> str:
    """An explanation as JSON, without the directory its file lies in."""
    explanation = explain(catalog, name)
    explanation["origin"] = Path(explanation["origin"]).name
    return json.dumps(explanation, indent=2) + "\n"


if __name__ == "__main__":
    sys.stdout.write(explained(load(Path(__file__).parent / "data" / "operator", of_systems=()), "VOTING"))
