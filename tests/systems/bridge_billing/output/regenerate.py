"""Write the golden bills anew, then look at the difference:

`python -m tests.systems.bridge_billing.output.regenerate`."""

from tests.systems.bridge_billing.output.test_writers import DATA, REFERENCE, written


def main() -> None:
    """Write one file per text format."""
    DATA.mkdir(exist_ok=True)
    for name in ("csv", "json", "xml"):
        (DATA / f"reference.{name}").write_bytes(written(name, REFERENCE))


if __name__ == "__main__":
    main()
