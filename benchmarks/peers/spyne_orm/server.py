"""The peer in stock Spyne: its tutorial's way of writing a service, with SQLAlchemy's ORM behind it."""

import os
from datetime import UTC, datetime
from typing import Any

from spyne import Application, ComplexModel, Integer32, Integer64, ServiceBase, Unicode, rpc
from spyne.protocol.soap import Soap11
from spyne.server.wsgi import WsgiApplication
from sqlalchemy import create_engine
from sqlalchemy.orm import Session

from benchmarks.peers.spyne_orm.models import UsageProperty, UsageRecord

NAMESPACE = "http://www.ibm.com/schema/twss/userec/v2_0/local"

engine = create_engine(os.environ["DATABASE"].replace("postgresql:", "postgresql+psycopg:"), pool_size=16)


class WriteUsageRecordRequest(ComplexModel):  # type: ignore[misc] # Spyne has no types
    """The operation's input."""

    __namespace__ = NAMESPACE
    _type_info = [  # noqa: RUF012 - Spyne's own idiom
        ("globalTransactionID", Unicode(min_occurs=1)),
        ("service", Unicode(min_occurs=1)),
        ("eventType", Unicode(min_occurs=1)),
        ("recordTime", Integer64(min_occurs=1)),
        ("code", Integer32(min_occurs=1)),
        ("serviceAttributes", Unicode(max_occurs="unbounded")),
        ("serviceValues", Unicode(max_occurs="unbounded")),
    ]


class WriteUsageRecordResponse(ComplexModel):  # type: ignore[misc] # Spyne has no types
    """The operation's output."""

    __namespace__ = NAMESPACE
    recordID = Unicode(min_occurs=1)  # noqa: N815 - the contract's name


class UsageRecordService(ServiceBase):  # type: ignore[misc] # Spyne has no types
    """The component."""

    @rpc(  # type: ignore[untyped-decorator] # Spyne has no types
        WriteUsageRecordRequest,
        _returns=WriteUsageRecordResponse,
        _body_style="bare",
        _in_message_name="writeUsageRecordRequest",
        _out_message_name="writeUsageRecordResponse",
    )
    def writeUsageRecord(ctx: Any, request: Any) -> Any:  # noqa: N802, N805 - Spyne's own idiom
        """Store one record and answer its id."""
        pairs = zip(request.serviceAttributes or (), request.serviceValues or (), strict=True)
        record = UsageRecord(
            record_time=datetime.fromtimestamp(request.recordTime / 1000, UTC),
            code=request.code,
            global_transaction_id=request.globalTransactionID,
            service=request.service,
            event_type=request.eventType,
            properties=[
                UsageProperty(position=position, name=name, value=value) for position, (name, value) in enumerate(pairs)
            ],
        )
        with Session(engine) as session:
            session.add(record)
            session.commit()
            return WriteUsageRecordResponse(recordID=record.record_id)


application = WsgiApplication(
    Application([UsageRecordService], NAMESPACE, in_protocol=Soap11(validator="lxml"), out_protocol=Soap11())
)
