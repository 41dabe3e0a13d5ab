"""Which addresses are taken, which are the same, and how usage records name them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from usage_service.systems.call_notification.addresses import address_key, address_keys, bare_uri, parse_address
from usage_service.systems.call_notification.faults import NoValidAddresses


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("tel:+4681234", "tel:+4681234"),
        ("TEL:+46-8-12.34", "tel:+4681234"),
        ("tel:081234", "tel:081234"),
        ("tel:1234;phone-context=+468", "tel:1234"),
        ("sip:Bob@Example.COM", "sip:Bob@example.com"),
        ("sip:bob@example.com:5070;transport=tcp", "sip:bob@example.com:5070"),
        ("sip:bob@[2001:db8::1]", "sip:bob@[2001:db8::1]"),
        ("sip:%62ob@example.com", "sip:bob@example.com"),
        ("sip:b%2fob@example.com", "sip:b%2Fob@example.com"),
        ("sip:bob:secret@example.com", "sip:bob@example.com"),
        ("tel:46812345678", "tel:+46812345678"),
        ("tel:0046812345678", "tel:+46812345678"),
        ("tel:90200", "tel:90200"),
    ],
)
def test_equal_addresses_have_one_key(text: str, key: str) -> None:
    assert parse_address(text).key == key


@pytest.mark.parametrize(
    "text",
    [
        "",
        "tel:",
        "tel:+468*",
        "sip:*@example.com",
        "sip:example.com",
        "bob@example.com",
        "mailto:b@x",
        "tel:+46 8",
        "sip:b@",
    ],
)
def test_what_is_no_address_gives_svc0004(text: str) -> None:
    with pytest.raises(NoValidAddresses) as caught:
        parse_address(text)
    assert caught.value.variables == ("addresses",)


def test_number_subscription_matches_its_sip_address() -> None:
    keys = address_keys('"Bob" <sip:+46-81234@home.net;user=phone>')
    assert "tel:+4681234" in keys


def test_phone_user_without_plus_is_a_number() -> None:
    assert "tel:+46812345678" in address_keys("sip:46812345678@home.net;user=phone")


def test_a_name_is_not_a_number() -> None:
    assert address_keys("sip:4681234@home.net") == ("sip:4681234@home.net",)


@pytest.mark.parametrize(
    ("text", "bare"),
    [
        ('"Alice, A." <sip:alice@example.com;transport=udp>;tag=x', "sip:alice@example.com"),
        ("sip:+4681234;npdi@home.net;user=phone?Subject=x", "sip:+4681234@home.net"),
        ("tel:+4681234;cpc=ordinary", "tel:+4681234"),
        ("sip:bob:secret@example.com", "sip:bob@example.com"),
    ],
)
def test_usage_record_has_bare_party_uri(text: str, bare: str) -> None:
    assert bare_uri(text) == bare


@given(st.text())
def test_address_parsing_never_raises_error(text: str) -> None:
    key = address_key(text)
    assert key is None or address_key(key) == key
