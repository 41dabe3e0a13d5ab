"""The fast path gives exactly what the Spyne gives, or declines.

A few hundred examples by default; `make differential` runs tens of thousands.
"""

from collections import Counter

from hypothesis import example, given, settings

from tests.soap.both_paths import BothPaths
from tests.soap.envelopes import Sent, envelope, request_of, sent_requests, twss_headers
from tests.usage_records import properties
from usage_service.soap.envelope import MAX_NODES
from usage_service.soap.usage_record.request import MakeRecord
from usage_service.soap.usage_record.template_cache import TemplateCache

STRICT = BothPaths(known=TemplateCache(learn_seconds=0))
LENIENT = BothPaths(MakeRecord(lenient_arrays=True, usage_policies="strip"), known=TemplateCache(learn_seconds=0))

many_examples = settings(max_examples=max(400, settings.default.max_examples))


def assert_agreement(paths: BothPaths, sent: Sent) -> None:
    spyne = paths.spyne(*sent)
    assert (spyne.status == 200) == (spyne.record is not None)
    first, from_template = paths.fast(*sent), paths.fast(*sent)
    assert (first is None) == (from_template is None)
    for fast in filter(None, (first, from_template)):
        assert (fast.status, fast.record) == (spyne.status, spyne.record)
        assert fast.stated == spyne.stated


@many_examples
@example(Sent(envelope().encode(), "text/xml"))
@example(Sent(envelope(prefix="").encode(), "text/xml"))
@example(Sent(envelope(header="<x>" * 40 + "</x>" * 40).encode(), "text/xml"))
@given(sent_requests())
def test_both_lanes_agree_on_any_request(sent):
    assert_agreement(STRICT, sent)


@many_examples
@given(sent_requests())
def test_both_paths_agree_in_lenient_modes(sent):
    assert_agreement(LENIENT, sent)


def test_request_with_many_nodes_left_to_spyne():
    attributes = " ".join(f'a{number}=""' for number in range(MAX_NODES + 1))
    body = envelope().replace("<s:Envelope ", f"<s:Envelope {attributes} ").encode()
    assert STRICT.fast(body) is None
    assert STRICT.spyne(body).record is None


@given(properties)
def test_both_paths_keep_every_property_unchanged(pairs):
    body = request_of(*pairs).encode()
    fast, spyne = STRICT.fast(body), STRICT.spyne(body)
    assert fast is not None
    assert fast.record is not None
    assert fast.record == spyne.record
    assert fast.record.properties == pairs


def test_usual_requests_take_fast_path():
    usual = [
        envelope(),
        envelope(prefix=""),
        envelope(blanks="\n  "),
        envelope(header=twss_headers([("usage.x", "1")], requesterID="alice")),
        '<?xml version="1.0" encoding="UTF-8"?>' + envelope(),
        request_of(),
        request_of(("NAME", "")),
    ]
    assert [STRICT.fast(body.encode()) is not None for body in usual] == [True] * len(usual)


def test_the_generated_requests_are_worth_comparing():
    """A good part takes the fast path, a good part only Spyne's, and a good part is refused."""
    seen: Counter[tuple[bool, bool]] = Counter()

    @settings(max_examples=300, database=None, derandomize=True)
    @given(sent_requests())
    def count(sent: Sent) -> None:
        seen[STRICT.fast(*sent) is not None, STRICT.spyne(*sent).status == 200] += 1

    count()
    assert seen[True, True] > 100, seen
    assert seen[False, True] > 3, seen
    assert seen[False, False] > 40, seen
    assert seen[True, False] == 0
