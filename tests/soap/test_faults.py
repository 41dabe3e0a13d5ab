"""Faults say what happened in the words of their contract, and never repeat more than they must."""

import pytest
from lxml import etree

from usage_service.errors import SHOWN_KEY, KeyReused, StoreUnavailable, UsageServiceError
from usage_service.soap.faults import LEDGER_FAULT, LEDGER_FORM, PUBLISHED_FORM, USAGE_RECORD_FAULT

ONE_CONTRACT_S_WORDS = [
    (KeyReused("key:1", "S"), "key key:1 was already used for a different record", ["key:1"]),
    (StoreUnavailable("no disk"), "the record could not be stored: no disk", ["no disk"]),
]
THE_OTHER_S_WORDS = [
    (KeyReused("key:1", "S"), "key key:1 of service S was already used for a different record", ["key:1", "S"]),
    (StoreUnavailable("no disk"), "the request could not be carried out: no disk", ["no disk"]),
]


def stated(envelope: etree._Element) -> tuple[str | None, list[str | None]]:
    return envelope.findtext(".//faultstring"), [found.text for found in envelope.findall(".//{*}variables")]


@pytest.mark.parametrize(("error", "text", "variables"), ONE_CONTRACT_S_WORDS)
def test_usage_record_faults_keep_their_texts(error: UsageServiceError, text: str, variables: list[str]) -> None:
    assert stated(USAGE_RECORD_FAULT.envelope(error, PUBLISHED_FORM)) == (text, variables)


@pytest.mark.parametrize(("error", "text", "variables"), THE_OTHER_S_WORDS)
def test_ledger_fault_texts_fit_every_operation(error: UsageServiceError, text: str, variables: list[str]) -> None:
    assert stated(LEDGER_FAULT.envelope(error, LEDGER_FORM)) == (text, variables)


def test_long_key_is_shortened_in_fault() -> None:
    error = KeyReused("k" * 512, "S")
    assert str(error) == f"key {'k' * SHOWN_KEY}… of service S was already used for a different record"
