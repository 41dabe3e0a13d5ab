"""Times as others write them, in ISO 8601. Standard library only."""

from datetime import UTC, datetime, tzinfo


def time_from_iso(text: str, *, zone: tzinfo) -> datetime:
    """The time in UTC that an ISO 8601 text states; one without an offset is a time of `zone`.

    Raises `ValueError` for what is no time, or one that in UTC lies outside the years 1 to 9999.
    """
    found = datetime.fromisoformat(text)
    if found.tzinfo is UTC:
        return found
    if found.tzinfo is None:
        found = found.replace(tzinfo=zone)
    try:
        return found.astimezone(UTC)
    except OverflowError as error:
        raise ValueError(f"{text[:40]} is not a time of the years 1 to 9999") from error
