"""The group `genesys` of the settings."""

from dataclasses import dataclass

from usage_service.settings import setting

INTERACTION_RULES = (
    {"service": "PX21_CN_IMS", "property": "CALL_ID", "matches": "NetworkCallID"},
    {"service": "PEXIP_PARTICIPANT", "property": "callId", "matches": "NetworkCallID"},
    {"service": "PEXIP_PARTICIPANT", "property": "conversationId", "matches": "UserData.conversation_id"},
)
"""SIP Call-IDs are what Genesys reports as the call's id in the network."""


@dataclass(frozen=True, kw_only=True, slots=True)
class GenesysSettings:
    """How logs of T-Servers are read, and interactions made of them."""

    user_data: list[str] = setting(list, "Keys of Genesys attached data (UserData) to keep with calls.")
    utc_offset_seconds: int = setting(
        0, "Local time minus UTC of Genesys logs that have neither time stamps nor a banner that says."
    )
    block_bytes: int = setting(
        4_194_304, "Bytes of a Genesys log read at a time; what they hold is stored in one transaction."
    )
    link_wait_seconds: float = setting(
        900.0, "How long the other side of an IS-Link is waited for before the link counts as failed."
    )
    monitored: list[str] = setting(
        list,
        "T-Servers (Application or Application@Switch) whose logs are read; empty: all. Others never answer a link.",
    )
    settle_seconds: float = setting(
        10.0, "How often `genesys follow` makes interactions and usage records of new events, and applies time-outs."
    )
    interaction_rules: list[dict[str, str]] = setting(
        lambda: [dict(rule) for rule in INTERACTION_RULES],
        "Which records of other services belong to an interaction: service, property, and what of a call it matches.",
    )
