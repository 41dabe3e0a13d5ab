"""Foreign systems whose own records become usage records: one package each."""
