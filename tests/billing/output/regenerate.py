"""Write the golden bills anew: `python -m tests.billing.output.regenerate`, then look at the difference."""

from tests.billing.output.test_writers import DATA, REFERENCE, written


def main() -> None:
    """Write one file per text format."""
    DATA.mkdir(exist_ok=True)
    for name in ("csv", "json", "xml"):
        (DATA / f"reference.{name}").write_bytes(written(name, REFERENCE))


if __name__ == "__main__":
    main()
