"""The WS-Security UsernameToken in the header of a request."""

from usage_service.auth.username_token import PASSWORD_TEXT, UsernameToken
from usage_service.soap.envelope import WS_SECURITY, WS_SECURITY_UTILITY, qualified, read_envelope

_TOKEN = f"{qualified(WS_SECURITY, 'Security')}/{qualified(WS_SECURITY, 'UsernameToken')}"


def read_username_token(body: bytes, content_type: str | None, max_nodes: int) -> UsernameToken | None:
    """The one token of a request, two of them are none; raises `Unreadable` for what is no SOAP request at all."""
    header = read_envelope(body, content_type, max_nodes).header
    tokens = header.findall(_TOKEN) if header is not None else []
    if len(tokens) != 1:
        return None
    password = tokens[0].find(qualified(WS_SECURITY, "Password"))
    if password is None:
        return None
    return UsernameToken(
        username=(tokens[0].findtext(qualified(WS_SECURITY, "Username")) or "").strip(),
        password=password.text or "",
        password_type=password.get("Type", PASSWORD_TEXT),
        nonce=(tokens[0].findtext(qualified(WS_SECURITY, "Nonce")) or "").strip(),
        created=(tokens[0].findtext(qualified(WS_SECURITY_UTILITY, "Created")) or "").strip(),
    )
