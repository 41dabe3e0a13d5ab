"""The client for recording points. The only room with Zeep in it; it shares nothing with the server but the WSDL."""

from usage_service.client.usage_recorder import UsageRecorder

__all__ = ["UsageRecorder"]
