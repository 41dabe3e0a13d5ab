"""The event catalog: the services, event types, status codes and properties of usage records.

The knowledge is data: one TOML file per service, in `services/` or in the folder of the system that writes its records.
An operator may add a directory.
"""

from usage_service.catalog.catalog import Catalog, Gate, Mode, Remark
from usage_service.catalog.loading import load
from usage_service.catalog.model import FailPolicy, Role, Service
from usage_service.catalog.views import Explanation, ServiceSummary, explain, summaries

__all__ = [
    "Catalog",
    "Explanation",
    "FailPolicy",
    "Gate",
    "Mode",
    "Remark",
    "Role",
    "Service",
    "ServiceSummary",
    "explain",
    "load",
    "summaries",
]
