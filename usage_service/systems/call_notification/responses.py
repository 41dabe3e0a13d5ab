"""Which SIP response is which call event: configurable lists with presets.

TWSS let an operator edit three lists of response codes (busy, no answer, not reachable); so do we.
"""

from dataclasses import dataclass

from usage_service.errors import ConfigurationError
from usage_service.systems.call_notification.events import CallEvent
from usage_service.systems.call_notification.sip_events import SipEventKind


@dataclass(frozen=True, kw_only=True, slots=True)
class ResponseMapping:
    """Lists of final failure responses to an INVITE; what is in none of them is not reachable."""

    busy: frozenset[int]
    no_answer: frozenset[int]
    silent: frozenset[int]  # no event: the caller goes on, or is the one who ended it
    least_failure: int = 400  # responses below are no failure but a direction to elsewhere

    def failure_event(self, code: int) -> CallEvent | None:
        """The event of a failure response, None when applications hear nothing of it."""
        if code in self.busy:
            return CallEvent.BUSY
        if code in self.no_answer:
            return CallEvent.NO_ANSWER
        return None if code in self.silent or code < self.least_failure else CallEvent.NOT_REACHABLE

    def outcome(self, kind: SipEventKind, code: int) -> CallEvent | None:
        """The event with which a leg of a call ends, None when it has not ended or no application is notified."""
        if kind is SipEventKind.FAILURE:
            return self.failure_event(code)
        return _OUTCOMES.get(kind)


_OUTCOMES = {
    SipEventKind.ANSWER: CallEvent.ANSWER,
    SipEventKind.RING_TIMEOUT: CallEvent.NO_ANSWER,
    SipEventKind.UNREACHABLE: CallEvent.NOT_REACHABLE,
}

DEFAULT = ResponseMapping(
    busy=frozenset({486, 600}),
    no_answer=frozenset({408, 480}),
    # Challenges and retries come back as a new INVITE of the same call; 487 answers the caller's own CANCEL.
    silent=frozenset({401, 407, 422, 487, 491}),
)

# The compliance table of the Third Party Call plug-in in the Oracle WebLogic SIP developer's guide.
ORACLE = ResponseMapping(busy=frozenset({486}), no_answer=frozenset({408}), silent=frozenset(), least_failure=300)

PRESETS = {"default": DEFAULT, "oracle": ORACLE}


def response_codes(text: str) -> frozenset[int]:
    """The codes of a setting such as `486,600`; `ConfigurationError` when one is no failure response."""
    words = [word.strip() for word in text.split(",") if word.strip()]
    codes = frozenset(int(word) for word in words if word.isascii() and word.isdigit())
    if len(codes) != len(set(words)) or any(not 300 <= code <= 699 for code in codes):
        raise ConfigurationError(f"{text!r} is not a list of SIP response codes, 300 to 699")
    return codes
