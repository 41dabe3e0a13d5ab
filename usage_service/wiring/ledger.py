"""The wiring of the Usage Ledger's operations."""

from usage_service.ledger.replaying import Replays
from usage_service.ledger.services import Ledger
from usage_service.recorder import Recorder
from usage_service.settings import Settings
from usage_service.soap.refusals import LEDGER_REJECT, USAGE_RECORD_REJECT
from usage_service.store.completeness import SourceSequences
from usage_service.store.database import Database
from usage_service.store.records import Records
from usage_service.store.summaries import Summaries
from usage_service.wiring.contracts import ledger_contract, record_reader
from usage_service.wiring.interactions import open_interactions
from usage_service.wiring.recording import open_adjustments, open_periods, open_rejects


def open_replays(settings: Settings, database: Database, recorder: Recorder) -> Replays:
    """What replays the rejects of this database."""
    readers = {
        USAGE_RECORD_REJECT: record_reader(settings).again,
        LEDGER_REJECT: ledger_contract(settings).again,
    }
    return Replays(open_rejects(settings, database), recorder.record_many, readers)


def open_ledger(settings: Settings, database: Database, recorder: Recorder) -> Ledger:
    """Everything that the operations of the Usage Ledger call."""
    return Ledger(
        record_many=recorder.record_many,
        records=Records(database),
        adjustments=open_adjustments(settings, database),
        periods=open_periods(settings, database),
        sequences=SourceSequences(database),
        summaries=Summaries(database),
        rejects=open_rejects(settings, database),
        replays=open_replays(settings, database, recorder),
        trace_interaction=open_interactions(settings, database).trace_interaction,
    )
