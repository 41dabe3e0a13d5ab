"""The client for recording points. The only room with Zeep in it; it shares nothing with the server but the WSDL."""

from usage_service.catalog import FailPolicy
from usage_service.client.policy import FailPolicies
from usage_service.client.spool import Spool
from usage_service.client.usage_recorder import UsageRecorder

__all__ = ["FailPolicies", "FailPolicy", "Spool", "UsageRecorder"]
