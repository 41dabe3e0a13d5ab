"""What a request means: headers, policies, arrays, forms, aliases, and what makes it a fault."""

import pytest
from lxml import etree

from tests.soap.both_paths import ALIAS, RECORD_ID, Answer, BothPaths
from tests.soap.envelopes import PLAIN, envelope, own_key, request_of, twss_headers
from usage_service.record import Property
from usage_service.soap.envelope import SOAP_ENVELOPE, USAGE_RECORD
from usage_service.soap.usage_record.request import MakeRecord

BOTH = BothPaths()
SCALARS = PLAIN[:5]


@pytest.fixture(params=["fast", "spyne"])
def read(request):
    """Read a request through one of the paths, with settings; gives the record."""

    def through(body: str, **settings):
        paths = BothPaths(MakeRecord(**settings)) if settings else BOTH
        answer: Answer | None = getattr(paths, request.param)(body.encode())
        assert answer is not None
        assert answer.record is not None, answer.body
        return answer.record

    return through


def refused(body: str) -> tuple[list[str], list[str]]:
    """The message id and variables of the fault that a request earns."""
    answer = BOTH.spyne(body.encode())
    assert BOTH.fast(body.encode()) is None
    assert (answer.status, answer.record) == (500, None)
    return answer.texts("messageID"), answer.texts("variables")


def test_a_plain_request_is_a_record(read):
    record = read(envelope())
    assert (record.service, record.event_type, record.code) == ("PX21_CN_IMS", "StartCallNotification", 0)
    assert record.record_time.isoformat() == "2012-10-29T14:41:00.540000+00:00"
    assert record.properties == (("REQUESTER", "alice"), ("CORRELATOR", "c1"))
    assert (record.requester, record.source, record.caller_address) == ("alice", "soap", "192.0.2.7")


def test_blanks_collapsed_only_in_transaction_id(read):
    record = read(request_of(("NAME", "  a \t b\n"), globalTransactionID=" a \n b  c "))
    assert (record.global_transaction_id, record.properties[0].value) == ("a b c", "  a \t b\n")


@pytest.mark.parametrize("spelling", ["REQUESTER", "Requester", "REQUESTOR"])
def test_requester_is_found_in_every_spelling(read, spelling):
    assert read(request_of((spelling, "bob"))).requester == "bob"


@pytest.mark.parametrize(
    ("header", "problem"),
    [
        pytest.param(own_key(" "), "must not be empty", id="an empty one"),
        pytest.param(own_key("k1") + own_key("k2"), "is repeated", id="two"),
        pytest.param(own_key("k1") * 2, "is repeated", id="the same one twice"),
    ],
)
def test_ineffective_idempotency_key_is_rejected(header, problem):
    assert refused(envelope(header=header)) == (["UREC0001E"], ["idempotencyKey", problem])


def test_gateway_header_wins_and_is_kept(read):
    header = twss_headers(requesterID="gateway", serviceID="urn:svc", globalTransactionID="other")
    record = read(envelope(header=header))
    assert (record.requester, record.header_service_id) == ("gateway", "urn:svc")
    assert (record.global_transaction_id, record.header_transaction_id) == ("6f1c0f3e", "other")


def test_differing_header_transaction_id_is_kept(read):
    assert read(envelope(header=twss_headers(globalTransactionID=" 6f1c0f3e "))).header_transaction_id is None


@pytest.mark.parametrize("namespace", ["urn:any", "http://www.ibm.com/xmlns/prod/twss", USAGE_RECORD])
def test_header_is_found_in_any_namespace(read, namespace):
    assert read(envelope(header=twss_headers(namespace=namespace, requesterID="x"))).requester == "x"


def test_header_children_may_lack_prefix(read):
    block = '<t:twssHeaders xmlns:t="urn:any"><serviceID>bare</serviceID></t:twssHeaders>'
    assert read(envelope(header=block)).header_service_id == "bare"


POLICIES = [("usage.tariff", "gold"), ("customer.secret", "x"), ("REQUESTER", "y"), ("usage.own", "policy")]


@pytest.mark.parametrize(
    ("mode", "copied"),
    [
        ("keep", [("usage.tariff", "gold")]),
        ("strip", [("tariff", "gold"), ("own", "policy")]),
        ("off", []),
    ],
)
def test_own_attributes_precede_and_override_usage_policies(read, mode, copied):
    body = request_of(("usage.own", "service")).replace(
        "<s:Body>", f"<s:Header>{twss_headers(POLICIES)}</s:Header><s:Body>"
    )
    properties = read(body, usage_policies=mode).properties
    assert properties == (Property("usage.own", "service"), *(Property(*pair) for pair in copied))


def arrays(names: int, values: int) -> str:
    return envelope(
        [
            *SCALARS,
            *(("serviceAttributes", f"N{number}") for number in range(names)),
            *(("serviceValues", f"V{number}") for number in range(values)),
        ]
    )


@pytest.mark.parametrize(("names", "values"), [(2, 1), (1, 2), (0, 1), (1, 0)])
def test_unequal_arrays_rejected_with_both_lengths(names, values):
    assert refused(arrays(names, values)) == (["UREC0002E"], [str(names), str(values)])


def test_lenient_mode_fills_missing_values(read):
    record = read(arrays(3, 1), lenient_arrays=True)
    assert (record.properties, record.remarks) == ((("N0", "V0"), ("N1", ""), ("N2", "")), ("repaired",))


def test_lenient_mode_names_surplus_values(read):
    record = read(arrays(1, 3), lenient_arrays=True)
    assert record.properties == (("N0", "V0"), ("UNNAMED_1", "V1"), ("UNNAMED_2", "V2"))
    assert record.remarks == ("repaired",)


def test_equal_arrays_not_marked_as_repaired(read):
    assert read(arrays(2, 2), lenient_arrays=True).remarks == ()


def test_unknown_elements_are_skipped_and_counted():
    answer = BOTH.spyne(envelope([*PLAIN, ("surprise", "x"), ("another", "y")]).encode())
    assert answer.record is not None
    assert answer.record.remarks == ("unknown_elements:2",)


@pytest.mark.parametrize("path", ["fast", "spyne"])
@pytest.mark.parametrize(
    ("namespace", "prefix"), [(USAGE_RECORD, "u:"), (USAGE_RECORD, ""), (ALIAS, "u:"), (ALIAS, "")]
)
def test_reply_mirrors_request_form_and_namespace(path, namespace, prefix):
    answer = getattr(BOTH, path)(envelope(namespace=namespace, prefix=prefix).encode())
    child = f"{{{namespace}}}recordID" if prefix else "recordID"
    (_, _, _, ((_, _, _, (response,)),)) = answer.stated
    assert response == (f"{{{namespace}}}writeUsageRecordResponse", {}, None, ((child, {}, RECORD_ID, ()),))


@pytest.mark.parametrize(
    ("namespace", "prefix"), [(USAGE_RECORD, "u:"), (USAGE_RECORD, ""), (ALIAS, "u:"), (ALIAS, "")]
)
def test_fault_detail_mirrors_request_form_and_namespace(namespace, prefix):
    answer = BOTH.spyne(envelope(SCALARS[:4], namespace=namespace, prefix=prefix).encode())
    (_, _, _, ((_, _, _, (fault,)),)) = answer.stated
    code, string, detail = fault[3]
    assert fault[0] == f"{{{SOAP_ENVELOPE}}}Fault"
    assert (code[0], code[2], string[0], detail[0]) == ("faultcode", "soapenv:Client", "faultstring", "detail")
    (typed,) = detail[3]
    assert typed[0] == f"{{{namespace}}}WriteUsageRecordFault"
    form = f"{{{namespace}}}" if prefix else ""
    assert [child[0] for child in typed[3]] == [form + name for name in ("messageID", "text", "variables", "variables")]


@pytest.mark.parametrize("path", ["fast", "spyne"])
def test_reply_child_name_is_configurable(path):
    answer = getattr(BothPaths(response_child="usageRecordId"), path)(envelope().encode())
    assert answer.texts("usageRecordId") == [RECORD_ID]


@pytest.mark.parametrize("path", ["fast", "spyne"])
@pytest.mark.parametrize(
    ("element_form", "child"), [("qualified", f"{{{USAGE_RECORD}}}recordID"), ("unqualified", "recordID")]
)
@pytest.mark.parametrize("prefix", ["u:", ""])
def test_reply_form_can_be_fixed(path, element_form, child, prefix):
    paths = BothPaths(element_form=element_form)
    answer = getattr(paths, path)(envelope(prefix=prefix).encode())
    (_, _, _, ((_, _, _, (response,)),)) = answer.stated
    assert response[3] == ((child, {}, RECORD_ID, ()),)


@pytest.mark.parametrize(
    "body", [b"", b"<no-envelope/>", envelope(PLAIN[:2]).encode()], ids=["empty", "other", "short"]
)
def test_fault_form_fixed_even_without_request(body):
    answer = BothPaths(element_form="unqualified").spyne(body)
    assert etree.fromstring(answer.body).findtext(".//messageID") in ("UREC0001E", "UREC0006E")


@pytest.mark.parametrize("missing", range(5))
def test_a_missing_element_is_named(missing):
    children = [*PLAIN[:missing], *PLAIN[missing + 1 :]]
    (message,), (field, problem) = refused(envelope(children))
    assert (message, field, problem) == ("UREC0001E", PLAIN[missing][0], "is missing or not in its place")


@pytest.mark.parametrize("repeated", range(5))
def test_a_repeated_element_is_named(repeated):
    children = [*PLAIN[: repeated + 1], *PLAIN[repeated:]]
    (message,), (field, problem) = refused(envelope(children))
    assert (message, field, problem) == ("UREC0001E", PLAIN[repeated][0], "is repeated")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("recordTime", "soon"),
        ("recordTime", "9223372036854775808"),
        ("recordTime", "253402300800000"),
        ("code", "2147483648"),
        ("code", "1.5"),
        ("code", ""),
        ("globalTransactionID", "x" * 128),
        ("globalTransactionID", " "),
        ("service", ""),
        ("service", "x" * 128),
        ("eventType", "x" * 251),
    ],
    ids=lambda value: value[:20],
)
def test_a_wrong_value_names_its_field(field, value):
    (message,), (named, _) = refused(request_of(**{field: value}))
    assert (message, named) == ("UREC0001E", field)


def test_fault_fills_variables_into_faultstring():
    answer = BOTH.spyne(arrays(2, 1).encode())
    assert answer.texts("faultstring") == ["serviceAttributes has 2 entries but serviceValues has 1"]
    assert answer.texts("text") == ["serviceAttributes has {0} entries but serviceValues has {1}"]
