"""Spyne 2.14.0 came out in 2022; on Python 3.12 and later it needs two things that went away.

Its own copy of `six` hides modules in a way that Python 3.12 no longer looks for, so the current `six` from PyPI takes
its place before Spyne is imported; and `cgi`, gone since 3.13, comes from the package `legacy-cgi`. Everybody in this
room imports Spyne's names from here.
"""

import sys
from importlib import import_module
from operator import attrgetter

if sys.version_info >= (3, 12):
    import six

    six.get_function_name = attrgetter("__name__")  # the one thing that Spyne had added to its copy
    sys.modules["spyne.util.six"] = six
    for name in (
        "",
        ".collections_abc",
        ".http_cookies",
        ".urllib",
        ".urllib.error",
        ".urllib.parse",
        ".urllib.request",
    ):
        sys.modules[f"spyne.util.six.moves{name}"] = import_module(f"six.moves{name}")

import spyne.const
from spyne import (
    Application,
    ComplexModel,
    Fault,
    Integer32,
    Long,
    ServiceBase,
    Unicode,
    rpc,
)
from spyne.error import ResourceNotFoundError
from spyne.protocol.soap import Soap11
from spyne.server.wsgi import WsgiApplication

__all__ = [
    "Application",
    "ComplexModel",
    "Fault",
    "Integer32",
    "Long",
    "ResourceNotFoundError",
    "ServiceBase",
    "Soap11",
    "Unicode",
    "WsgiApplication",
    "rpc",
    "stop_timed_collections",
]


def stop_timed_collections() -> None:
    """Spyne collects garbage once a second, in the middle of requests; Python's own collector is enough."""
    spyne.const.MIN_GC_INTERVAL = float("inf")
