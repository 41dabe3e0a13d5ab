"""Conference-bridge billing: from call detail records to cost centres.

Pure: no I/O, no clock, only the standard library. State is plain frozen rows and every rule is a function
from rows to rows, so that a store, a Django table or a test can keep them.

- *customer*: who pays; has a default sequencenumber
- *sequencenumber*: a cost-centre line in a customer's account, opaque text
- *service account*: a user's account at the bridge operator, known by its external id
- *assignment*: the cost centre of an account for a time, with its evidence
- *CDR line*: one chargeable row of the operator's file
- *suspense*: lines that cannot be charged yet, kept with their reason
- *aggregate*: what one user owes on one sequencenumber in one currency and period
- *run*: one reproducible calculation of all aggregates of a period
"""
