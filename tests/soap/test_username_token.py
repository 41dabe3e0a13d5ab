"""Where a request's UsernameToken is looked for."""

import pytest

from usage_service.soap.envelope import SOAP_ENVELOPE, WS_SECURITY, Unreadable
from usage_service.soap.username_token import read_username_token

LARGE = (
    f'<e:Envelope xmlns:e="{SOAP_ENVELOPE}"><e:Header><s:Security xmlns:s="{WS_SECURITY}"><s:UsernameToken>'
    "<s:Username>sms</s:Username><s:Password>secret</s:Password></s:UsernameToken></s:Security></e:Header>"
    f"<e:Body><batch>{'<record/>' * 30_000}</batch></e:Body></e:Envelope>"
).encode()


def test_limit_is_that_of_the_operation() -> None:
    token = read_username_token(LARGE, "text/xml", max_nodes=50_000)
    assert token is not None
    assert (token.username, token.password) == ("sms", "secret")
    with pytest.raises(Unreadable):
        read_username_token(LARGE, "text/xml", max_nodes=20_000)
