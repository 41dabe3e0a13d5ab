-- Who authenticated, beside what the caller states: a name in a request proves nothing.

ALTER TABLE usage_adjustment ADD COLUMN principal TEXT;  -- the caller that authenticated, where one had to
ALTER TABLE call_subscription ADD COLUMN principal TEXT;  -- the caller that authenticated, who alone may stop it
