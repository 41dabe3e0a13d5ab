"""Exclusive locks: one holder for each kind of work, whoever waits gets it next."""

from threading import Thread

from usage_service.database.database import Database
from usage_service.database.locks import exclusive_lock, try_exclusive_lock


def test_only_one_holds_a_lock(database: Database) -> None:
    def lock(work: str) -> bool:
        with try_exclusive_lock(database, work) as ours:
            return ours

    with try_exclusive_lock(database, "test") as ours:
        assert (ours, lock("test"), lock("other")) == (True, False, True)
    assert lock("test")


def test_who_waits_gets_the_lock_next(database: Database) -> None:
    happened: list[str] = []

    def wait_for_it() -> None:
        with exclusive_lock(database, "test"):
            happened.append("taken again")

    waiting = Thread(target=wait_for_it)
    with exclusive_lock(database, "test"):
        waiting.start()
        with try_exclusive_lock(database, "test") as ours:
            happened.append("taken twice" if ours else "held")
    waiting.join(10)
    assert happened == ["held", "taken again"]
