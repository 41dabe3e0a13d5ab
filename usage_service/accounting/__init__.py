"""The words of usage accounting: what is asked of a ledger and what it answers. Frozen, typed and without I/O."""
