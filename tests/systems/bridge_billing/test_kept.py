"""Billing on the store, on each kind of database: the reference case to the last digit, and its corrections."""

from collections.abc import Iterator
from decimal import Decimal

import pytest
from sqlalchemy import text

from tests.systems.bridge_billing.kept import (
    NOW,
    bad_row,
    enrol,
    file_of,
    key,
    line_with,
    october,
    opened_books,
    take_in,
)
from tests.systems.bridge_billing.vectors import LINES, OCTOBER, A, at, lines, totals
from usage_service.database.database import Database
from usage_service.errors import Conflict, NotFound
from usage_service.systems.bridge_billing.allocation import Mode, Reason
from usage_service.systems.bridge_billing.assigning import Assign, Force, Login, log_in
from usage_service.systems.bridge_billing.assignments import Change
from usage_service.systems.bridge_billing.books import Books, Recorded
from usage_service.systems.bridge_billing.calculating import close_period, reopen_period
from usage_service.systems.bridge_billing.emission import Form, bill


@pytest.fixture
def books(database: Database) -> Iterator[Books]:
    with opened_books(database) as opened:
        enrol(opened)
        yield opened


def rows(database: Database, query: str) -> list[tuple[object, ...]]:
    with database.connect() as connection:
        return [tuple(row) for row in connection.execute(text(query))]


def counted(database: Database, table: str) -> int:
    return int(str(rows(database, f"SELECT count(*) FROM {table}")[0][0]))


def test_reference_case_is_exact_when_stored(books: Books) -> None:
    take_in(books, file_of("a"), lines(*LINES))
    rated = october(books).rated
    assert totals(rated) == {"A/20": Decimal("100.10"), "A/30": Decimal("50.06"), "B/10": Decimal("12.34")}
    (control,) = rated.control
    assert (control.file_total, control.suspended) == (Decimal("167.495"), Decimal("5.00"))
    assert control.rounding_difference == Decimal("0.005")


def test_one_per_user_charges_final_centre(books: Books) -> None:
    take_in(books, file_of("a"), lines(*LINES))
    assert totals(october(books, Mode.ONE_PER_USER).rated)["A/30"] == Decimal("150.16")


def test_stored_run_is_read_back_unchanged(books: Books) -> None:
    take_in(books, file_of("a"), [*lines(*LINES), bad_row(None)])
    run = october(books)
    assert books.runs.run(run.run_id) == run == books.runs.latest("2012-10") == october(books)


def test_the_same_file_again_changes_nothing(books: Books, database: Database) -> None:
    take_in(books, file_of("a"), lines(*LINES))
    before = october(books)
    assert take_in(books, file_of("a"), lines(*LINES)) is False
    assert october(books) == before
    assert counted(database, "usage_record") == 4


def test_each_charged_line_gives_one_record(books: Books, database: Database) -> None:
    take_in(books, file_of("a"), lines(*LINES))
    october(books)
    query = """SELECT p.value, a.value FROM usage_record r
        JOIN usage_property p ON p.record_id = r.record_id AND p.name = 'userTag'
        JOIN usage_property a ON a.record_id = r.record_id AND a.name = 'amount' ORDER BY r.record_time"""
    assert rows(database, query) == [("20", "100.10"), ("10", "12.34"), ("30", "50.05"), ("30", "0.005")]


def test_bad_row_becomes_suspended_reject(books: Books, database: Database) -> None:
    take_in(books, file_of("a"), [line_with("2"), bad_row("1.00")])
    rated = october(books).rated
    assert rated.suspense == {Reason.BAD_ROW: 1}
    assert rated.control[0].suspended == Decimal("1.00")
    assert rows(database, "SELECT source, message_id, reason FROM usage_reject") == [
        ("billing", "BILL0001E", "Date is empty")
    ]


def test_registering_account_releases_suspended_line(books: Books, database: Database) -> None:
    take_in(books, file_of("a"), lines(*LINES))
    october(books)
    assert rows(database, "SELECT external_id, reason FROM suspense") == [("999", "unknown_external_id")]
    enrol(books).register_account(key("999"), "C", "KTH")
    run = october(books)
    assert totals(run.rated)["C/10"] == Decimal("5.00")
    assert (run.rated.suspense, counted(database, "suspense"), counted(database, "usage_record")) == ({}, 0, 5)


def test_corrected_file_corrects_only_changed_records(books: Books, database: Database) -> None:
    first = [line_with("12.34"), line_with("1"), line_with("2")]
    take_in(books, file_of("a"), first)
    before = october(books)
    take_in(books, file_of("b", file_of("a").sha256), [line_with("12.43"), line_with("1")])
    after = october(books)
    (record,) = bill(after, before, Form.DIFFERENCE).records
    assert (record.total_cost, record.line_count) == (Decimal("-1.91"), -1)
    assert rows(database, "SELECT reason_code FROM usage_adjustment ORDER BY adjusted_at, reason_code") == [
        ("RERATED",),
        ("SUPERSEDED",),
    ]
    query = """SELECT value FROM usage_current r JOIN usage_property p ON p.record_id = r.record_id
        WHERE p.name = 'amount' ORDER BY value"""
    assert rows(database, query) == [("1",), ("12.43",)]


def test_backdated_cost_centre_corrects_affected_records(books: Books, database: Database) -> None:
    take_in(books, file_of("a"), lines(*LINES))
    october(books)
    wish = Assign(sequencenumber="40", valid_from=at("2012-10-15"), evidence="ticket 1")
    enrol(books).assign(A, wish, Force(actor="anna", reason="wrong number"))
    assert totals(october(books).rated)["A/40"] == Decimal("50.06")
    assert counted(database, "usage_adjustment") == 2
    assert october(books) == october(books)
    assert counted(database, "usage_adjustment") == 2


def test_second_correction_of_file_is_rejected(books: Books) -> None:
    take_in(books, file_of("a"), [line_with("1")])
    take_in(books, file_of("b", file_of("a").sha256), [line_with("2")])
    with pytest.raises(Conflict):
        take_in(books, file_of("c", file_of("a").sha256), [line_with("3")])


def test_closed_period_accepts_nothing_until_reopened(books: Books) -> None:
    take_in(books, file_of("a"), [line_with("1")])
    run = october(books)
    close_period(books, OCTOBER, now=NOW, actor="anna")
    with pytest.raises(Conflict):
        take_in(books, file_of("b"), [line_with("2")])
    enrol(books).register_account(key("999"), "C", "KTH")
    assert october(books) == run
    reopen_period(books, OCTOBER, now=NOW, actor="anna", reason="late file")
    assert take_in(books, file_of("b"), [line_with("2")])


def test_backdated_change_cannot_reach_closed_period(books: Books) -> None:
    take_in(books, file_of("a"), [line_with("1")])
    october(books)
    close_period(books, OCTOBER, now=NOW, actor="anna")
    wish = Assign(sequencenumber="40", valid_from=at("2012-10-15"), evidence="ticket 1")
    with pytest.raises(Conflict):
        enrol(books).assign(A, wish, Force(actor="anna", reason="wrong number"))


def test_later_concurrent_change_is_rejected(books: Books) -> None:
    before = books.directory.recorded(A)
    desk = enrol(books)
    desk.confirm(A, Login(at=at("2012-10-20"), sequencenumber="30", evidence="idp"))
    assert books.directory.append(before, [], NOW) is True
    assert books.directory.append(before, list(_confirmation(before)), NOW) is False


def _confirmation(before: Recorded) -> tuple[Change, ...]:

    return log_in(before.history, Login(at=at("2012-10-21"), sequencenumber="30", evidence="idp"))


def test_assignments_view_agrees_with_history(books: Books, database: Database) -> None:
    desk = enrol(books)
    desk.confirm(A, Login(at=at("2012-10-20"), sequencenumber="30", evidence="idp"))
    desk.confirm(A, Login(at=at("2012-10-21"), sequencenumber=None, evidence="idp"))
    query = """SELECT number, sequencenumber, valid_to IS NULL, missing_since IS NULL
        FROM cost_centre_assignment ORDER BY number"""
    assert [tuple(map(str, row)) for row in rows(database, query)] in (
        [("1", "20", "0", "1"), ("2", "30", "1", "0")],
        [("1", "20", "False", "True"), ("2", "30", "True", "False")],
    )
    assert books.directory.recorded(A).history.rows[1].seen_at == at("2012-10-20")


def test_login_of_unregistered_account_is_rejected(books: Books) -> None:
    with pytest.raises(NotFound):
        enrol(books).confirm(key("1"), Login(at=at("2012-10-20"), sequencenumber="30", evidence="idp"))


def test_an_account_does_not_change_hands(books: Books) -> None:
    with pytest.raises(Conflict):
        enrol(books).register_account(A, "somebody else", "KTH")
