"""Runs are reproducible, can be compared, and a correction is stated once."""

import random
from dataclasses import replace
from decimal import Decimal

import pytest

from tests.systems.bridge_billing.vectors import FILE, LINES, C, account, directory, history_of_a, lines, run
from usage_service.errors import Conflict
from usage_service.systems.bridge_billing.allocation import Snapshot
from usage_service.systems.bridge_billing.emission import Form, bill
from usage_service.systems.bridge_billing.periods import month
from usage_service.systems.bridge_billing.rated import ControlTotal
from usage_service.systems.bridge_billing.runs import FileVersion, Run, differences, fingerprint, finish

CORRECTED = FileVersion("c" * 64, "pgi/1")


def corrected_run() -> Run:
    rows = [(user, date, "12.43" if amount == "12.34" else amount) for user, date, amount in LINES]
    return run(lines(*rows), file=CORRECTED)


def test_same_inputs_give_same_run() -> None:
    assert run(lines(*LINES)) == run(lines(*LINES))


def test_line_order_does_not_matter() -> None:
    shuffled = lines(*LINES)
    random.Random(8).shuffle(shuffled)
    assert run(shuffled) == run(lines(*LINES))


def test_run_id_is_stable_between_releases() -> None:
    assert run([]).run_id == "54b7a75049a03cc04c3558266cc532ea63138d879e59aadbdabf29b6dc375ff0"


def test_assignment_file_and_period_determine_run() -> None:
    first = run(lines(*LINES)).inputs
    others = [
        replace(first, directory=fingerprint(directory(account(C, "C")))),
        replace(first, files=frozenset({CORRECTED})),
        replace(first, period=month("2012-11")),
        replace(first, rules=replace(first.rules, places=3)),
    ]
    assert len({inputs.run_id for inputs in [first, *others]}) == 5


def test_fingerprint_is_independent_of_loading_order() -> None:
    known = directory(account(C, "C"))
    accounts = reversed(list(known.accounts.values()))
    assert fingerprint(Snapshot(accounts, known.customers.values(), [history_of_a()])) == fingerprint(known)


def test_unreconciled_result_never_becomes_run() -> None:
    good = run(lines(*LINES))
    one = Decimal(1)
    wrong = ControlTotal(currency="SEK", file_total=one, charged=one, suspended=one, rounded=one)
    with pytest.raises(Conflict, match="do not add up"):
        finish(good.inputs, replace(good.rated, control=(wrong,)))


def test_corrected_file_changes_only_its_corrections() -> None:
    (change,) = differences(run(lines(*LINES)), corrected_run())
    assert (change.key.user_key, change.key.sequencenumber) == ("B", "10")
    assert (change.before, change.after, change.delta) == (
        Decimal("12.34"),
        Decimal("12.43"),
        Decimal("0.09"),
    )


def test_a_replacement_gives_the_new_total() -> None:
    sent = bill(corrected_run(), run(lines(*LINES)))
    assert [(record.user_key, record.total_cost) for record in sent.records] == [("B", Decimal("12.43"))]
    assert sent.supersedes == run(lines(*LINES)).run_id


def test_a_difference_gives_what_to_add() -> None:
    sent = bill(corrected_run(), run(lines(*LINES)), Form.DIFFERENCE)
    assert [(record.user_key, record.total_cost, record.line_count) for record in sent.records] == [
        ("B", Decimal("0.09"), 0)
    ]


def test_vanished_aggregate_is_replaced_by_zero() -> None:
    sent = bill(run(lines(*LINES[:3])), run(lines(*LINES)))
    assert [(record.user_key, record.total_cost, record.line_count) for record in sent.records] == [("B", 0, 0)]


def test_rerating_known_id_adds_its_aggregate() -> None:
    before, after = run(lines(*LINES)), run(lines(*LINES), directory(account(C, "C")))
    assert [(change.key.user_key, change.delta) for change in differences(before, after)] == [("C", Decimal("5.00"))]


def test_cancelling_lines_differ_only_in_count() -> None:
    more = lines(*LINES, ("777", "2012-10-07", "1.00"), ("777", "2012-10-07", "-1.00"))
    (change,) = differences(run(lines(*LINES)), run(more))
    assert (change.delta, change.lines_before, change.lines_after) == (0, 1, 3)


def test_runs_of_two_periods_are_incomparable() -> None:
    first = run([])
    other = replace(first, inputs=replace(first.inputs, period=month("2012-11")))
    with pytest.raises(Conflict, match="cannot be compared"):
        differences(first, other)


def test_the_first_bill_has_every_aggregate() -> None:
    sent = bill(run(lines(*LINES)))
    assert [(each.customerid, each.sequencenumber, each.total_cost) for each in sent.records] == [
        ("KTH", "10", Decimal("12.34")),
        ("KTH", "20", Decimal("100.10")),
        ("KTH", "30", Decimal("50.06")),
    ]
    assert {FILE} == run(lines(*LINES)).inputs.files
