"""The tables as SQLAlchemy's ORM tutorial would declare them."""

from datetime import UTC, datetime

from sqlalchemy import ForeignKey
from sqlalchemy.dialects.postgresql import TIMESTAMP, UUID
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from usage_service.record_ids import new_record_ids


class Base(DeclarativeBase):
    """Base of the mapped classes."""

    type_annotation_map = {datetime: TIMESTAMP(timezone=True)}  # noqa: RUF012 - SQLAlchemy's own idiom


class UsageProperty(Base):
    """One attribute of a record."""

    __tablename__ = "usage_property"

    record_id: Mapped[str] = mapped_column(UUID(as_uuid=False), ForeignKey("usage_record.record_id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    value: Mapped[str]


class UsageRecord(Base):
    """One record with its attributes."""

    __tablename__ = "usage_record"

    record_id: Mapped[str] = mapped_column(UUID(as_uuid=False), primary_key=True, default=lambda: new_record_ids(1)[0])
    received_at: Mapped[datetime] = mapped_column(default=lambda: datetime.now(UTC))
    record_time: Mapped[datetime]
    code: Mapped[int]
    global_transaction_id: Mapped[str]
    service: Mapped[str]
    event_type: Mapped[str]
    host: Mapped[str] = mapped_column(default="spyne")
    source: Mapped[str] = mapped_column(default="soap")
    properties: Mapped[list[UsageProperty]] = relationship(order_by=UsageProperty.position)
