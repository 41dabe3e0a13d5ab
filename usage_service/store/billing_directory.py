"""Customers, accounts and cost centres in the store."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import groupby
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, Table, and_, func, insert, select

from usage_service.billing.accounts import AccountKey, Customer, ServiceAccount
from usage_service.billing.allocation import Snapshot
from usage_service.billing.assignments import Change, History
from usage_service.billing.books import Recorded
from usage_service.billing.rows import account_from, account_row, change_from, change_row, customer_from, customer_row
from usage_service.store.billing_tables import cost_centre_change, customer, service_account
from usage_service.store.database import Database, insert_unless_there


class _Outrun(Exception):
    """Another change of the account came first."""


class BillingDirectory:
    """Keeps who pays and who uses."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def customers(self) -> Sequence[Customer]:
        """Every customer as it is now."""
        with self._database.connect() as connection:
            return _customers(connection)

    def put_customer(self, new: Customer, at: datetime) -> None:
        """Register a customer, or a new version of it; the same again changes nothing."""
        known = {each.customer_id: each for each in self.customers()}
        if known.get(new.customer_id) != new:
            self._put(customer, {"customer_id": new.customer_id}, customer_row(new) | {"recorded_at": at})

    def account(self, key: AccountKey) -> ServiceAccount | None:
        """The account as it is now."""
        columns = service_account.c
        same = (columns.service == key.service, columns.external_id == key.external_id)
        with self._database.connect() as connection:
            return next(iter(_accounts(connection, *same)), None)

    def accounts(self) -> Sequence[ServiceAccount]:
        """Every account as it is now."""
        with self._database.connect() as connection:
            return _accounts(connection)

    def put_account(self, account: ServiceAccount, at: datetime) -> None:
        """Register an account, or a new version of it."""
        key = {"service": account.key.service, "external_id": account.key.external_id}
        self._put(service_account, key, account_row(account) | {"recorded_at": at})

    def recorded(self, key: AccountKey) -> Recorded:
        """The account's cost centres."""
        columns = cost_centre_change.c
        query = select(cost_centre_change).where(columns.service == key.service, columns.external_id == key.external_id)
        with self._database.connect() as connection:
            changes = [change_from(row) for row in connection.execute(query.order_by(columns.change_no)).mappings()]
        return Recorded(History(account=key).apply(changes), len(changes))

    def append(self, before: Recorded, changes: Sequence[Change], at: datetime) -> bool:
        """Add changes behind those known; False when somebody else was quicker and nothing was added."""
        key = before.history.account._asdict()
        try:
            with self._database.transaction() as connection:
                for number, change in enumerate(changes, start=before.changes + 1):
                    row = change_row(change, at) | key | {"change_no": number}
                    if not insert_unless_there(connection, cost_centre_change, row):
                        raise _Outrun
        except _Outrun:
            return False
        return True

    def snapshot(self) -> Snapshot:
        """Everything as it is now, read at one instant."""
        with self._database.connect() as connection:
            if connection.dialect.name == "postgresql":  # where each statement sees what was committed before it
                connection.execution_options(isolation_level="REPEATABLE READ")
            return Snapshot(_accounts(connection), _customers(connection), _histories(connection))

    def histories(self) -> Sequence[History]:
        """The cost centres of every account."""
        with self._database.connect() as connection:
            return list(_histories(connection))

    def _put(self, table: Table, key: dict[str, str], row: dict[str, Any]) -> None:
        same = and_(*(table.c[name] == value for name, value in key.items()))
        with self._database.transaction() as connection:
            last = connection.execute(select(func.max(table.c.version)).where(same)).scalar_one()
            connection.execute(insert(table).values(row | {"version": (last or 0) + 1}))


def _newest(table: Table, *key: str) -> Select[Any]:
    later = table.alias()
    same = and_(*(later.c[name] == table.c[name] for name in key))
    exists = select(later.c.version).where(same, later.c.version > table.c.version).exists()
    return select(table).where(~exists).order_by(*(table.c[name] for name in key))


def _customers(connection: Connection) -> list[Customer]:
    return [customer_from(row) for row in connection.execute(_newest(customer, "customer_id")).mappings()]


def _accounts(connection: Connection, *conditions: ColumnElement[bool]) -> list[ServiceAccount]:
    query = _newest(service_account, "service", "external_id").where(*conditions)
    return [account_from(row) for row in connection.execute(query).mappings()]


def _histories(connection: Connection) -> Iterable[History]:
    columns = cost_centre_change.c
    query = select(cost_centre_change).order_by(columns.service, columns.external_id, columns.change_no)
    rows = connection.execute(query).mappings().all()
    for key, group in groupby(rows, key=lambda row: AccountKey(row["service"], row["external_id"])):
        yield History(account=key).apply(map(change_from, group))
