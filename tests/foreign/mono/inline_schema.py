#!/usr/bin/env python3
"""Print the schema inside a WSDL, or inside what it imports, for mono's `xsd`, which reads only schemas.

inline_schema.py WSDL_URL
"""

import sys
from collections.abc import Iterator
from urllib.parse import urljoin
from urllib.request import urlopen
from xml.dom import minidom

WSDL = "http://schemas.xmlsoap.org/wsdl/"
XSD = "http://www.w3.org/2001/XMLSchema"


def documents(url: str) -> Iterator[minidom.Document]:
    """The WSDL and everything it imports, depth first."""
    with urlopen(url) as response:
        document = minidom.parse(response)
    yield document
    for reference in document.getElementsByTagNameNS(WSDL, "import"):
        yield from documents(urljoin(url, reference.getAttribute("location")))


if __name__ == "__main__":
    for document in documents(sys.argv[1]):
        for schema in document.getElementsByTagNameNS(XSD, "schema"):
            print(schema.toxml())
