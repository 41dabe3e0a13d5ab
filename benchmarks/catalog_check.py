"""What the event catalog costs per record, in microseconds: `python benchmarks/catalog_check.py`."""

from collections.abc import Callable
from datetime import UTC, datetime
from timeit import repeat

from usage_service.catalog import Gate, load
from usage_service.record import UsageRecord, pair_properties

ROUNDS = 100_000
KNOWN = ("REQUESTER", "CALLER", "CALLED_PARTY", "CALL_STATUS", "START_TIME", "CALL_DURATION")


def record_of(*names: str) -> UsageRecord:
    """A record of Third Party Call with these properties."""
    return UsageRecord(
        global_transaction_id="6f1c0f3e",
        service="PX21_TPC_IMS",
        event_type="StartCall",
        record_time=datetime.now(UTC),
        code=0,
        properties=pair_properties(names, names),
    )


def report(what: str, work: Callable[[], object]) -> None:
    """Print the time of one call."""
    print(f"{what:38} {min(repeat(work, number=ROUNDS, repeat=5)) / ROUNDS * 1e6:6.2f} µs")


def main() -> None:
    """Measure the usual record and the unusual ones."""
    catalog = load()
    gate = Gate(catalog, {})
    usual, policy, odd = (
        record_of(*KNOWN),
        record_of(*KNOWN[:5], "usage.tariff"),
        record_of(*KNOWN[:5], "COLOUR"),
    )
    report("check, six known properties", lambda: catalog.check(usual))
    report("gate (warn), six known properties", lambda: gate.admit(usual))
    report("check, one passed-through policy", lambda: catalog.check(policy))
    report("check, one unknown property", lambda: catalog.check(odd))


if __name__ == "__main__":
    main()
