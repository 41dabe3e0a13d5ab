"""The group `call_notification` of the settings."""

from dataclasses import dataclass
from typing import Literal

from usage_service.settings import hidden, setting


@dataclass(frozen=True, kw_only=True, slots=True)
class CallNotificationSettings:
    """Who reports call events, which applications are notified of them, and how hard that is tried."""

    events_token: str = setting(
        "", "Bearer token of the SIP proxy that reports call events. Empty: Call Notification is off.", hide=hidden
    )
    service_name: str = setting("PX21_CN_IMS", "Service name in the usage records of Call Notification.")
    application_endpoints: list[str] = setting(
        list, "Endpoints of applications that may be called, such as https://*.example.com/. Empty: any public one."
    )
    busy_codes: str = setting("", "SIP response codes that mean Busy. Empty: as the preset has it.")
    no_answer_codes: str = setting("", "SIP response codes that mean NoAnswer. Empty: as the preset has it.")
    response_preset: Literal["default", "oracle"] = setting("default", "Which SIP responses are which call event.")
    callback_version: Literal["as_subscribed", "v2_2", "v3_2", "v3_8"] = setting(
        "as_subscribed",
        "Version of the interface that applications implement: that of the manager they subscribe with, or always one.",
    )
    px21_send_correlator: bool = setting(True, "Send the correlator to applications of Parlay X 2.1 too.")
    stop_unknown_correlator: Literal["fault", "ignore"] = setting(
        "fault", "What stopping a subscription that is not there does: SVC0002, or nothing."
    )
    delivery_retries: int = setting(3, "How often a notice is tried again when the application is not available.")
    delivery_retry_seconds: float = setting(5.0, "Pause before the first of these; doubled for each further one.")
    delivery_timeout_seconds: float = setting(10.0, "How long an application may take to answer a notice.")
    delivery_concurrency: int = setting(4, "Notices on their way to one application at a time, for each worker.")
    record_outcome: bool = setting(True, "Write a second usage record for a notice: Sent or Failed.")
    ca_bundle: str = setting(
        "", "PEM file of the certificate authorities that applications may have. Empty: what the system trusts."
    )
    client_certificate: str = setting("", "PEM file with our certificate and key, for applications that ask for one.")
    direction_timeout_seconds: float = setting(1.5, "How long an application may take to direct a call.")
    settle_seconds: float = setting(30.0, "How long a notice waits for call events that are missing.")
    keep_call_seconds: float = setting(172_800.0, "How long a call is remembered after its last event.")
