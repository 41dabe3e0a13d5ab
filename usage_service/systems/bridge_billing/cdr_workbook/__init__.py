"""Call detail records as conference-bridge operators send them: one chargeable item per row of a spreadsheet.

A layout (`layouts/*.toml`) says which heading means what, how numbers and dates are written and which rows
are not lines. Every row is accounted for: a `CdrLine`, a `Rejected` with its reason, or left out and counted.
"""
