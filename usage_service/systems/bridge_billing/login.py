"""What a login says about billing: may the user cause costs, and which cost centre pays for them.

Attributes arrive in two shapes: a dict of lists from a SAML library (djangosaml2's `session_info["ava"]`), or
one string per attribute in the request environment of Shibboleth's mod_shib, where `;` separates values and
`\\;` is a semicolon inside one (Shibboleth SP, "AttributeAccess").
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from usage_service.errors import ConfigurationError
from usage_service.systems.bridge_billing.accounts import Customer

SEPARATOR = re.compile(r"(?<!\\);")
ABSENT = "(null)"
"""What Apache puts in the environment for a variable without a value."""

DEPARTMENT_NUMBER = (
    "departmentNumber",
    "urn:oid:2.16.840.1.113730.3.1.2",
    "urn:mace:dir:attribute-def:departmentNumber",
)
ENTITLEMENT = (
    "eduPersonEntitlement",
    "entitlement",
    "urn:oid:1.3.6.1.4.1.5923.1.1.1.7",
    "urn:mace:dir:attribute-def:eduPersonEntitlement",
)
SCOPED_NAMES = (
    "eduPersonPrincipalName",
    "eppn",
    "urn:oid:1.3.6.1.4.1.5923.1.1.1.6",
    "eduPersonScopedAffiliation",
    "affiliation",
    "urn:oid:1.3.6.1.4.1.5923.1.1.1.9",
)

Attributes = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, kw_only=True, slots=True)
class LoginRules:
    """Which attributes to believe. There is no standard value for the entitlement, hence no default."""

    entitlement_value: str
    cost_centre_attributes: tuple[str, ...] = DEPARTMENT_NUMBER
    entitlement_attributes: tuple[str, ...] = ENTITLEMENT
    scoped_attributes: tuple[str, ...] = SCOPED_NAMES

    def __post_init__(self) -> None:
        if not self.entitlement_value.strip():
            raise ConfigurationError("entitlement_value must be set: it says who may cause costs")


@dataclass(frozen=True, kw_only=True, slots=True)
class LoginFacts:
    """What the attributes of one login say."""

    entitled: bool
    cost_centre: str | None  # None: missing, or more than one
    scopes: frozenset[str] = frozenset()  # the part after @ of the user's scoped names, lower case


def split_values(text: str) -> tuple[str, ...]:
    """The values of one environment variable, split at unescaped semicolons, empty ones left out."""
    parts = (part.replace("\\;", ";").strip() for part in SEPARATOR.split(text))
    return tuple(part for part in parts if part and part != ABSENT)


def from_saml(attributes: Mapping[str, str | Sequence[str]]) -> Attributes:
    """Attributes from a SAML library's dict of lists; values are taken as they are, semicolons and all."""
    lists = ((name, [value] if isinstance(value, str) else value) for name, value in attributes.items())
    return {
        name: tuple(text.strip() for text in values if text.strip() and text.strip() != ABSENT)
        for name, values in lists
    }


def from_shibboleth(environment: Mapping[str, object]) -> Attributes:
    """Attributes from a request environment (Django's `request.META`).

    Names that begin with `HTTP_` are request headers, which any client can send, and are left out. Where only
    the service provider can set them, the caller, who knows, renames them.
    """
    return {
        name: split_values(value)
        for name, value in environment.items()
        if isinstance(value, str) and not name.startswith("HTTP_")
    }


def read_login(attributes: Attributes, rules: LoginRules) -> LoginFacts:
    """The facts of a login. Attribute names are compared exactly, values too."""
    centres = _values(attributes, rules.cost_centre_attributes)
    return LoginFacts(
        entitled=rules.entitlement_value in _values(attributes, rules.entitlement_attributes),
        cost_centre=centres[0] if len(centres) == 1 else None,
        scopes=frozenset(_scopes(_values(attributes, rules.scoped_attributes))),
    )


def customer_of(customers: Iterable[Customer], entity_id: str | None, scopes: frozenset[str]) -> Customer | None:
    """The one customer whose identity provider or scope this is; None when there is none or more than one."""
    known = list(customers)
    by_entity = [each for each in known if entity_id is not None and entity_id in each.entity_ids]
    found = by_entity or [each for each in known if scopes & {scope.lower() for scope in each.scopes}]
    return found[0] if len(found) == 1 else None


def _values(attributes: Attributes, names: Iterable[str]) -> tuple[str, ...]:
    """The distinct values under any of those names, in order: one attribute often arrives under two names."""
    return tuple(dict.fromkeys(value for name in names for value in attributes.get(name, ())))


def _scopes(names: Iterable[str]) -> Iterable[str]:
    return (name.rpartition("@")[2].lower() for name in names if "@" in name)
