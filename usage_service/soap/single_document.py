"""A contract as one document, for importers that cannot follow relative imports.

WSDL 1.1 lets definitions refer to each other by qualified names only, and a document has one target namespace. So all
definitions go into that of the document asked for, and what refers to them with them; the schemas keep their own. What
goes over the wire is named by the schemas alone, so clients of both forms speak alike.
"""

from pathlib import Path

from lxml import etree

WSDL = "http://schemas.xmlsoap.org/wsdl/"
XSD = "http://www.w3.org/2001/XMLSchema"
_QUALIFIED = ("message", "binding", "element", "type", "base", "ref", "itemType", "substitutionGroup")
"""Attributes of WSDL and XML Schema whose value is a qualified name."""
_ORDER = [f"{{{WSDL}}}{name}" for name in ("documentation", "types", "message", "portType", "binding", "service")]


def single_document(path: Path) -> bytes:
    """The WSDL document in this file with all that it imports, directly or not."""
    merging = _Merging()
    merging.take_definitions(path)
    return etree.tostring(merging.document(), xml_declaration=True, encoding="UTF-8", pretty_print=True)


class _Merging:
    """Definitions and schemas of several documents; names in attributes are kept as `{namespace}name` meanwhile."""

    def __init__(self) -> None:
        self._taken: set[Path] = set()
        self._roots: list[etree._Element] = []  # the document asked for first
        self._schemas: list[etree._Element] = []  # what a schema imports before it
        self._prefixes: dict[str, str] = {}

    def take_definitions(self, path: Path) -> None:
        """Take a WSDL document and what it imports."""
        root = self._read(path)
        self._roots.append(root)
        for schema in root.iter(f"{{{XSD}}}schema"):
            self._take_schema(schema, path)
        for wanted in root.findall(f"{{{WSDL}}}import"):
            location = (path.parent / wanted.get("location", "")).resolve()
            if location not in self._taken:
                self.take_definitions(location)

    def _take_schema(self, schema: etree._Element, path: Path) -> None:
        """Schemas refer to each other by namespace: those of one document need no locations."""
        for wanted in schema.findall(f"{{{XSD}}}import"):
            stated = wanted.get("schemaLocation")
            if stated is None:
                continue
            del wanted.attrib["schemaLocation"]
            location = (path.parent / stated).resolve()
            if location not in self._taken:
                self._take_schema(self._read(location), location)
        self._schemas.append(schema)

    def _read(self, path: Path) -> etree._Element:
        self._taken.add(path.resolve())
        root = etree.parse(path, etree.XMLParser(remove_blank_text=True, remove_comments=True)).getroot()
        for element in root.iter(etree.Element):
            for prefix, namespace in element.nsmap.items():
                taken = self._prefixes.values()
                name = prefix or "default"
                self._prefixes.setdefault(namespace, name if name not in taken else f"{name}{len(self._prefixes)}")
            for attribute in _QUALIFIED:
                prefix, _, local = element.get(attribute, "").rpartition(":")
                if local and (prefix or None) in element.nsmap:
                    element.set(attribute, f"{{{element.nsmap[prefix or None]}}}{local}")
        return root

    def document(self) -> etree._Element:
        """One document of all of it: types in one element, then the rest in WSDL's order."""
        first = self._roots[0]
        namespaces = {root.get("targetNamespace", "") for root in self._roots}
        declared = {prefix: namespace for namespace, prefix in self._prefixes.items()}
        whole = etree.Element(first.tag, nsmap=declared)
        whole.attrib.update(first.attrib)
        types = etree.SubElement(whole, f"{{{WSDL}}}types")
        types.extend(self._schemas)
        left_out = {f"{{{WSDL}}}types", f"{{{WSDL}}}import"}
        whole.extend([child for root in self._roots for child in root if child.tag not in left_out])
        whole[:] = sorted(whole, key=lambda child: _ORDER.index(str(child.tag)))
        for element in whole.iter(etree.Element):
            for attribute in _QUALIFIED:
                namespace, _, local = element.get(attribute, "").removeprefix("{").rpartition("}")
                if namespace:
                    own = namespace if namespace not in namespaces else first.get("targetNamespace", "")
                    element.set(attribute, f"{self._prefixes[own]}:{local}")
        etree.cleanup_namespaces(whole, keep_ns_prefixes=[prefix for prefix in declared if prefix])
        return whole
