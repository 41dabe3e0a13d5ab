"""A recording point as a block: when it was reached, what it did, how it ended."""

from dataclasses import dataclass, field
from datetime import UTC, datetime

from usage_service.record import Property

SUCCESS, GENERAL_FAILURE = 0, 1


@dataclass(slots=True)
class RecordingPoint:
    """What the block may say about itself. The record is written when the block ends."""

    service: str
    event_type: str
    global_transaction_id: str
    code: int = SUCCESS  # stays, or becomes 1 when the block raises and has not set another
    properties: list[Property] = field(default_factory=list)
    record_time: datetime = field(default_factory=lambda: datetime.now(UTC))

    def add(self, name: str, value: object) -> None:
        """One more property, behind those that are there."""
        self.properties.append(Property(name, str(value)))

    def fail(self, code: int = GENERAL_FAILURE) -> None:
        """The operation failed without an exception."""
        self.code = code
