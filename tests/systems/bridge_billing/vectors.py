"""The reference case: a user who changes cost centre inside a month, one without any, one unknown."""

from datetime import UTC, datetime
from decimal import Decimal

from usage_service.systems.bridge_billing.accounts import AccountKey, Customer, ServiceAccount
from usage_service.systems.bridge_billing.allocation import AggregateKey, Snapshot
from usage_service.systems.bridge_billing.assigning import Login, log_in
from usage_service.systems.bridge_billing.assignments import History
from usage_service.systems.bridge_billing.cdr import CdrLine, Position, Rejected
from usage_service.systems.bridge_billing.periods import month
from usage_service.systems.bridge_billing.rated import Rated, Rules
from usage_service.systems.bridge_billing.rating import Rating
from usage_service.systems.bridge_billing.runs import FileVersion, Run, RunInputs, fingerprint, finish

OCTOBER = month("2012-10")
KTH = Customer(customer_id="KTH", default_sequencenumber="10", currency="SEK")
A, B, C = AccountKey("pgi", "0012345"), AccountKey("pgi", "777"), AccountKey("pgi", "999")
FILE = FileVersion("f" * 64, "pgi/1")
LINES = (
    ("0012345", "2012-10-05", "100.10"),
    ("0012345", "2012-10-20", "50.05"),
    ("0012345", "2012-10-31", "0.005"),
    ("777", "2012-10-07", "12.34"),
    ("999", "2012-10-08", "5.00"),
)


def at(text: str) -> datetime:
    """A UTC time from ISO text."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def cdr(external_id: str, date: str, amount: str, row: int = 1, currency: str = "SEK") -> CdrLine:
    """A line with the least it needs."""
    return CdrLine(
        position=Position(FILE.sha256, "CDR", row, FILE.layout),
        account=AccountKey("pgi", external_id),
        start=at(date),
        amount=Decimal(amount),
        currency=currency,
    )


def lines(*rows: tuple[str, str, str]) -> list[CdrLine]:
    """Lines in file order."""
    return [cdr(*values, row=row) for row, values in enumerate(rows, start=1)]


def account(key: AccountKey, user: str, customer: str = "KTH") -> ServiceAccount:
    """An account that has been there for long."""
    return ServiceAccount(key=key, user_key=user, customer_id=customer, created_at=at("2012-01-01"))


def history_of_a() -> History:
    """User A logs in with cost centre 20, and half a month later with 30."""
    history = History(account=A)
    for date, sequencenumber in (("2012-10-01", "20"), ("2012-10-16", "30")):
        history = history.apply(log_in(history, Login(at=at(date), sequencenumber=sequencenumber, evidence="idp")))
    return history


def directory(*more: ServiceAccount) -> Snapshot:
    """Users A and B are known."""
    return Snapshot([account(A, "A"), account(B, "B"), *more], [KTH], [history_of_a()])


STANDARD = Rules()


def rate(
    items: list[CdrLine | Rejected] | list[CdrLine], rules: Rules = STANDARD, known: Snapshot | None = None
) -> Rated:
    """The October bill of those lines."""
    rating = Rating(period=OCTOBER, directory=known or directory(), rules=rules)
    for _ in rating.rate(items):
        pass
    return rating.result()


def run(items: list[CdrLine], known: Snapshot | None = None, file: FileVersion = FILE) -> Run:
    """A finished run over those lines."""
    known = known or directory()
    inputs = RunInputs(period=OCTOBER, files=frozenset({file}), directory=fingerprint(known), rules=Rules())
    return finish(inputs, rate(items, known=known))


def totals(rated: Rated) -> dict[str, Decimal]:
    """`user/sequencenumber` → rounded total."""
    return {_short(each.key): each.total for each in rated.aggregates}


def _short(key: AggregateKey) -> str:
    return f"{key.user_key}/{key.sequencenumber}"
