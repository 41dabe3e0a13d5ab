"""The Usage Ledger from Python: batches, queries, corrections, periods, completeness, rejects."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, TypeVar

import requests
from lxml import etree

from usage_service.client.contract import Credentials, operations, translated_errors
from usage_service.client.ledger_types import (
    Adjustment,
    ClosedPeriod,
    Closing,
    GroupKey,
    HistoryEntry,
    Interaction,
    Reason,
    RecordFilter,
    Reject,
    SourceCompleteness,
    StoredRecord,
    TimeBucket,
    UsageGroup,
    Verdict,
    View,
    filter_elements,
    from_answer,
    new_record,
    reason_elements,
    stated,
)
from usage_service.client.sending import IDEMPOTENCY_KEY
from usage_service.record import UsageRecord

BINDING = "{urn:usage-service:ledger:v1}UsageLedgerBinding"
DEFAULT_ENDPOINT = "http://localhost:8080/soap/usage-ledger"
LARGEST_PAGE = 1_000

EVERYTHING = RecordFilter()

Word = TypeVar("Word")


class UsageLedger:
    """A client of the Usage Ledger. Every method raises `CallerError` or `ServiceError`; times must be aware."""

    def __init__(
        self,
        endpoint: str = DEFAULT_ENDPOINT,
        *,
        timeout: float = 30.0,
        session: requests.Session | None = None,
        credentials: Credentials | None = None,
    ) -> None:
        """`timeout` is in seconds, for connecting and for the answer; `session` can carry other credentials."""
        self._service = operations(
            "UsageLedger.wsdl", BINDING, endpoint, timeout=timeout, session=session, credentials=credentials
        )

    def write(
        self, records: Sequence[UsageRecord], *, atomic: bool = False, once_key: str | None = None
    ) -> list[Verdict]:
        """Store 1 to 1,000 records and return a verdict for each; `atomic`: all of them or none.

        A record's own `once_key` makes it safe to send again; `once_key` stands for all that have none, together with
        their place.
        """
        header = etree.Element(IDEMPOTENCY_KEY)
        header.text = once_key
        return self._ask(
            "writeUsageRecords",
            list[Verdict],
            mode="atomic" if atomic else "bestEffort",
            record=[new_record(record) for record in records],
            _soapheaders=[header] if once_key else [],
        )

    def get(self, record_id: str) -> StoredRecord:
        """The record with this id, voided or not."""
        return self._ask("getUsageRecord", StoredRecord, recordID=record_id)

    def query(
        self,
        wanted: RecordFilter = EVERYTHING,
        *,
        view: View = "current",
        instant: datetime | None = None,
        page_size: int = LARGEST_PAGE,
    ) -> Iterator[StoredRecord]:
        """Every matching record in the order of receipt, fetched page by page.

        None that was there at the first page is missed or repeated; what comes later is left to the next query.
        """
        return self._paged(
            "queryUsageRecords",
            "record",
            list[StoredRecord],
            filter=filter_elements(wanted),
            view=view,
            instant=instant,
            pageSize=page_size,
        )

    def void(self, record_id: str, reason: Reason) -> Adjustment:
        """Make a record count no more."""
        return self._ask("voidUsageRecord", Adjustment, recordID=record_id, **reason_elements(reason))

    def correct(self, record_id: str, replacement: UsageRecord, reason: Reason) -> Adjustment:
        """Put another record in the place of one."""
        return self._ask(
            "correctUsageRecord",
            Adjustment,
            recordID=record_id,
            replacement=stated(replacement),
            **reason_elements(reason),
        )

    def history(self, record_id: str) -> list[HistoryEntry]:
        """The whole chain of corrections that a record belongs to, oldest first."""
        return self._ask("getRecordHistory", list[HistoryEntry], recordID=record_id)

    def summarize(
        self,
        wanted: RecordFilter = EVERYTHING,
        *,
        group_by: Sequence[GroupKey] = (),
        properties: Sequence[str] = (),
        bucket: TimeBucket | None = None,
        time_zone: str | None = None,
        sum_property: str | None = None,
        view: View = "current",
        instant: datetime | None = None,
    ) -> list[UsageGroup]:
        """Counts, and the sums of a numeric property, for each group; `properties` are names to group by."""
        return self._ask(
            "summarizeUsage",
            list[UsageGroup],
            filter=filter_elements(wanted),
            view=view,
            instant=instant,
            groupBy=list(group_by),
            groupByProperty=list(properties),
            timeBucket=bucket,
            timeZone=time_zone,
            sumProperty=sum_property,
        )

    def close_period(
        self, starts_at: datetime, ends_at: datetime, *, actor: str, reason: str, service: str | None = None
    ) -> Closing:
        """Close a period, of one service or of all: what happened in it can no longer be voided or corrected."""
        span = {"startsAt": starts_at, "endsAt": ends_at, "service": service}
        return self._ask("closePeriod", Closing, **span, actor=actor, reason=reason)

    def reopen_period(
        self, starts_at: datetime, ends_at: datetime, *, actor: str, reason: str, service: str | None = None
    ) -> None:
        """Open a closed period again."""
        with translated_errors():
            self._service.reopenPeriod(startsAt=starts_at, endsAt=ends_at, service=service, actor=actor, reason=reason)

    def closed_periods(self, service: str | None = None) -> list[ClosedPeriod]:
        """Every period that is closed now, or those that cover a service."""
        return self._ask("listClosedPeriods", list[ClosedPeriod], service=service)

    def completeness(self, source: str | None = None) -> list[SourceCompleteness]:
        """How complete each count of each source is, or of one source."""
        return self._ask("getCompleteness", list[SourceCompleteness], source=source)

    def rejects(
        self, *, source: str | None = None, open_only: bool = False, page_size: int = LARGEST_PAGE
    ) -> Iterator[Reject]:
        """What was refused, without bodies, in the order of arrival, fetched page by page."""
        return self._paged("listRejects", "reject", list[Reject], source=source, openOnly=open_only, pageSize=page_size)

    def reject(self, reject_id: str) -> Reject:
        """One reject, with its body."""
        return self._ask("getReject", Reject, rejectID=reject_id)

    def replay(self, reject_id: str, *, actor: str) -> list[Verdict]:
        """Try again to make records of a reject; however often, nothing is stored twice."""
        return self._ask("replayReject", list[Verdict], rejectID=reject_id, actor=actor)

    def trace(self, identifier: str) -> list[Interaction]:
        """The interactions known by a CallUUID, link id, ConnID or, by a rule, an id of another system."""
        return self._ask("traceInteraction", list[Interaction], identifier=identifier)

    def _ask(self, operation: str, kind: type[Word], **request: Any) -> Word:
        with translated_errors():
            return from_answer(self._service[operation](**request), kind)

    def _paged(self, operation: str, element: str, kind: type[list[Word]], **request: Any) -> Iterator[Word]:
        cursor: str | None = None
        while True:
            with translated_errors():
                page = self._service[operation](**request, cursor=cursor)
                found = from_answer(page[element], kind)
            yield from found
            cursor = page["nextCursor"]
            if cursor is None:
                return
