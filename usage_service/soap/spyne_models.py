"""Spyne's classes for a contract, made from its schema: the contract comes first, so nothing is declared twice.

Every simple type becomes text. The schema has checked it already, and Spyne's own conversions are not all safe (its
integers take what Python takes, its times lose their offset); the service converts what it needs.
"""

from typing import Any

from lxml import etree

from usage_service.soap.schema import XSD
from usage_service.soap.spyne_door import ComplexModel, Unicode

Models = dict[str, Any]
"""Name of a type or element → Spyne's class."""

_COMPLEX_TYPE = f"{{{XSD}}}complexType"
_FIELDS = f"{{{XSD}}}sequence/{{{XSD}}}element"


def models_of(schema: etree._Element) -> Models:
    """Classes for the complex types and elements of a schema, in which a type stands before its first use."""
    namespace = schema.get("targetNamespace", "")
    models: Models = {}
    for declared in schema.iterchildren(_COMPLEX_TYPE, f"{{{XSD}}}element"):
        content = declared if declared.tag == _COMPLEX_TYPE else declared.find(_COMPLEX_TYPE)
        fields = [] if content is None else content.findall(_FIELDS)
        name = declared.get("name", "")
        members = [(field.get("name"), _member(field, models)) for field in fields]
        models[name] = type(name, (ComplexModel,), {"__namespace__": namespace, "_type_info": members})
    return models


def _member(field: etree._Element, models: Models) -> Any:
    model = models.get(field.get("type", "").rpartition(":")[2], Unicode)
    most = field.get("maxOccurs", "1")
    return model.customize(
        min_occurs=int(field.get("minOccurs", "1")), max_occurs=int(most) if most.isdigit() else most, nullable=False
    )
