"""The ledger beyond single records: batches with a verdict for each record, and replaying what was refused."""
