"""Files of usage records: CSV with a heading, or JSON lines, in the columns that `usage-service records` prints."""
