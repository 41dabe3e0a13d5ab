"""The part of the corpus that is too large for files: requests at, and beyond, every limit of the service."""

from collections.abc import Iterator
from dataclasses import replace

from tests.hostile.corpus import Case, StoredRecord, plain_record, plain_request

BODY_LIMIT = 1024 * 1024  # bytes
DEPTH_LIMIT = 32  # elements, the envelope being the first
ELEMENT_LIMIT = 20_000
PROPERTY_LIMIT = 1_000
VALUE_LIMIT = 65_536  # characters

UNREADABLE = "UREC0006E"
END_OF_REQUEST = "</u:writeUsageRecordRequest>"
BODY = "  <soapenv:Body>"


def load_oversized() -> Iterator[Case]:
    """Every case, made anew: together they are some 20 MB."""
    yield from _bodies()
    yield from _shapes()
    yield from _attributes()
    yield from _entities()
    yield from _fields()
    yield from _accepted()


def _bodies() -> Iterator[Case]:
    yield _refused("body_one_byte_over", "413", _padded(BODY_LIMIT + 1), "one byte over the limit")
    yield _refused("body_four_times_over", "413", _padded(4 * BODY_LIMIT), "a long way over the limit", "closed")
    yield _refused("body_of_zeros", UNREADABLE, "\0" * BODY_LIMIT, "a mebibyte of nothing")
    yield _refused("body_of_less_thans", UNREADABLE, "<" * BODY_LIMIT, "a mebibyte of <")
    yield _refused("body_of_start_tags", UNREADABLE, "<a>" * (BODY_LIMIT // 3), "elements opened, never closed")
    yield _refused("body_of_comments", UNREADABLE, "<!---->" * (BODY_LIMIT // 7), "comments and no document")


def _shapes() -> Iterator[Case]:
    for depth in (DEPTH_LIMIT + 1, 200, 300, 5_000, 100_000):
        yield _refused(f"depth_{depth}_in_request", UNREADABLE, _extra(_nested(depth - 3)), "too deep")
        yield _refused(f"depth_{depth}_in_header", UNREADABLE, _header(_nested(depth - 2)), "too deep")
    for place, text in (("request", _extra("<x/>" * 25_000)), ("header", _header("<x/>" * 25_000))):
        yield _refused(f"elements_25000_in_{place}", UNREADABLE, text, "too many elements")
    siblings = _plain().replace("  </soapenv:Body>", "<x/>" * 25_000 + "</soapenv:Body>")
    yield _refused("elements_25000_in_body", UNREADABLE, siblings, "too many elements")
    yield _refused("element_name_of_900000", UNREADABLE, _extra(f"<{'n' * 900_000}/>"), "a name without end")
    entry = '<x:audit xmlns:x="urn:example:audit" soapenv:mustUnderstand="1"/>'
    many = _header("<x/>" * 5_000 + entry)
    yield _refused("must_understand_after_5000", "MustUnderstand", many, "an entry hidden behind many")


def _attributes() -> Iterator[Case]:
    flood = " ".join(f'a{number}=""' for number in range(90_000))
    yield _refused("attributes_90000_on_one", UNREADABLE, _extra(f"<x {flood}/>"), "attributes without end")
    yield _refused("attributes_90000_on_header", UNREADABLE, _header(f"<x {flood}/>"), "attributes without end")
    ten = " ".join(f'a{number}=""' for number in range(10))
    spread = _extra(f"<x {ten}/>" * 15_000)
    yield _refused("attributes_150000_spread", UNREADABLE, spread, "many attributes on many elements", "stored")
    prefixes = " ".join(f'xmlns:n{number}="u"' for number in range(40_000))
    yield _refused(
        "namespaces_40000_on_one",
        UNREADABLE,
        _extra(f"<x {prefixes}/>"),
        "declarations without end",
        "stored",
    )
    used = "".join(f'<n{number}:x xmlns:n{number}="urn:{number}"/>' for number in range(19_000))
    yield _refused("namespaces_19000_spread", UNREADABLE, _extra(used), "a namespace for every element", "stored")
    long = f'<x a="{"v" * 900_000}"/>'
    yield _refused("attribute_value_of_900000", UNREADABLE, _extra(long), "one long attribute", "stored")


def _entities() -> Iterator[Case]:
    """DOCTYPEs that cost time, or that hide behind more text than a cautious reader looks at."""
    laughs = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    bomb = f'<!DOCTYPE e [<!ENTITY l0 "lol">{laughs}]>'
    yield _refused("billion_laughs", UNREADABLE, bomb + _value("&l9;"), "10^9 words from ten lines")
    attribute = bomb + _header('<x a="&l9;"/>')
    yield _refused("billion_laughs_in_attribute", UNREADABLE, attribute, "the same in an attribute")
    block = f'<!DOCTYPE e [<!ENTITY b "{"b" * 100_000}">]>'
    yield _refused("quadratic_blow_up", UNREADABLE, block + _value("&b;" * 5_000), "one long entity, often used")
    parameters = "<!DOCTYPE e [<!ENTITY % a \"<!ENTITY b 'c'>\">" + "%a;" * 50_000 + "]>"
    yield _refused("parameter_entities_50000", UNREADABLE, parameters + _plain(), "declarations without end")
    yield _refused("doctype_of_900000", UNREADABLE, f"<!DOCTYPE {'e' * 900_000}>" + _plain(), "a long DOCTYPE")
    doctype = '<!DOCTYPE e [<!ENTITY x "y">]>'
    paddings = {
        "blanks": " " * 900_000,
        "comment": f"<!--{'c' * 900_000}-->",
        "comments": "<!---->" * 100_000,
    }
    for name, padding in paddings.items():
        text = padding + doctype + _value("&x;")
        yield _refused(f"doctype_after_{name}", UNREADABLE, text, "a DOCTYPE behind all content")


def _fields() -> Iterator[Case]:
    long = "x" * 900_000
    for element in ("globalTransactionID", "service", "eventType"):
        yield _refused(f"{element}_of_900000", f"UREC0001E {element}", _with(element, long), "a book for an id")
    for element in ("recordTime", "code"):
        text = _with(element, "9" * 900_000)
        yield _refused(f"{element}_of_900000", f"UREC0001E {element}", text, "converting it would take minutes")
    for count in (PROPERTY_LIMIT + 1, 9_000):
        text = _with_properties((("N", "v"),) * count)
        yield _refused(f"properties_{count}", "UREC0001E serviceAttributes", text, "too many properties")
    over = _with_properties((("N", "v" * (VALUE_LIMIT + 1)),))
    yield _refused("value_over_limit", "UREC0001E serviceValues", over, "a value one character too long")
    references = _value("&#65;" * 180_000)
    yield _refused("value_of_references", "UREC0001E serviceValues", references, "references that unpack too long")
    name = _with_properties((("N" * 900_000, "v"),))
    yield _refused("name_of_900000", "UREC0001E serviceAttributes", name, "a book for a name")
    names = _with_properties((("N", "v"),) * 900).replace("<u:serviceValues>v</u:serviceValues>", "")
    yield _refused("names_without_values_900", "UREC0002E", names, "names without a single value")


def _accepted() -> Iterator[Case]:
    plain = plain_record()
    yield _stored("body_at_limit", _padded(BODY_LIMIT), plain, "exactly the limit")
    yield _stored("depth_at_limit", _extra(_nested(DEPTH_LIMIT - 3)), plain, "exactly as deep as allowed")
    yield _stored("elements_near_limit", _extra("<x/>" * (ELEMENT_LIMIT - 100)), plain, "nearly as many as allowed")
    yield _stored("comment_of_900000", _extra(f"<!--{'c' * 900_000}-->"), plain, "a long comment")
    pairs = tuple((f"N{number}", str(number)) for number in range(PROPERTY_LIMIT))
    most = replace(plain, properties=pairs)
    yield _stored("properties_at_limit", _with_properties(pairs), most, "as many properties as allowed")
    for name, character in (("", "v"), ("_supplementary", "\U0001f4de")):
        longest = (("N", character * VALUE_LIMIT),)
        record = replace(plain, properties=longest)
        yield _stored(f"value_at_limit{name}", _with_properties(longest), record, "as long as allowed")
    pieces = replace(plain, properties=(("REQUESTER", "a" * 60_000), ("CORRELATOR", "c1")))
    yield _stored("value_of_60000_pieces", _value("a<!---->" * 60_000), pieces, "a comment after every letter")
    cdata = replace(plain, properties=(("REQUESTER", "a" * 50_000), ("CORRELATOR", "c1")))
    yield _stored("value_of_50000_sections", _value("<![CDATA[a]]>" * 50_000), cdata, "every letter a CDATA section")


def _refused(name: str, answer: str, body: str, why: str, *others: str) -> Case:
    return _case(name, (answer, *others), body, plain_record(), why)


def _stored(name: str, body: str, record: StoredRecord, why: str) -> Case:
    return _case(name, ("stored",), body, record, why)


def _case(name: str, answers: tuple[str, ...], body: str, record: StoredRecord, why: str) -> Case:
    return Case(name=f"oversized/{name}", why=why, answers=answers, body=body.encode(), record=record)


def _plain() -> str:
    return plain_request().decode()


def _padded(size: int) -> str:
    return _plain().ljust(size)


def _nested(depth: int) -> str:
    return "<x>" * depth + "</x>" * depth


def _extra(markup: str) -> str:
    """The plain request with something unknown at its end."""
    return _plain().replace(END_OF_REQUEST, markup + END_OF_REQUEST)


def _header(markup: str) -> str:
    return _plain().replace(BODY, f"<soapenv:Header>{markup}</soapenv:Header>{BODY}")


def _value(text: str) -> str:
    return _plain().replace("alice", text)


def _with(element: str, text: str) -> str:
    before, rest = _plain().split(f"<u:{element}>")
    return f"{before}<u:{element}>{text}</u:{element}>{rest.split(f'</u:{element}>')[1]}"


def _with_properties(pairs: tuple[tuple[str, str], ...]) -> str:
    before = _plain().split("<u:serviceAttributes>")[0]
    names = "".join(f"<u:serviceAttributes>{name}</u:serviceAttributes>" for name, _ in pairs)
    values = "".join(f"<u:serviceValues>{value}</u:serviceValues>" for _, value in pairs)
    return before + names + values + _plain()[_plain().index(END_OF_REQUEST) :]
