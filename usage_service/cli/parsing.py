"""Reading what people type."""

from datetime import UTC, datetime

from usage_service.errors import InvalidValue
from usage_service.record import Property


def aware_time(text: str) -> datetime:
    """An ISO 8601 time; one without an offset is taken as UTC."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise InvalidValue("time", f"{text} is not an ISO 8601 time such as 2012-10-29T14:41:00Z") from error
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)


def pair(text: str) -> Property:
    """`NAME=VALUE`; the value may hold further equals signs."""
    name, equals, value = text.partition("=")
    if not equals:
        raise InvalidValue("property", f"{text} is not NAME=VALUE")
    return Property(name, value)
