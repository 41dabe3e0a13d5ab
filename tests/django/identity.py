"""An identity provider for tests: keys, metadata, and signed assertions, made with pysaml2."""

import base64
import subprocess
from pathlib import Path

from saml2 import BINDING_HTTP_POST, BINDING_HTTP_REDIRECT
from saml2.config import IdPConfig, SPConfig
from saml2.metadata import entity_descriptor
from saml2.saml import NAMEID_FORMAT_PERSISTENT, NameID
from saml2.server import Server

ENTITLEMENT = "urn:x-example:bridge:pgi"
IDP = "https://idp.kth.se/metadata"
SP = "https://testserver/saml2/metadata/"
ACS = "http://testserver/saml2/acs/"


def prepare(folder: Path) -> None:
    """Make the keys and the metadata of both sides."""
    for side in ("idp", "sp"):
        command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "30", "-subj", f"/CN={side}"]
        command += ["-keyout", str(folder / f"{side}.key"), "-out", str(folder / f"{side}.crt")]
        subprocess.run(command, check=True, capture_output=True)
    sp = SPConfig().load(sp_configuration(folder, with_metadata=False))
    (folder / "sp.xml").write_text(str(entity_descriptor(sp)))
    idp = IdPConfig().load(_idp_configuration(folder, with_metadata=False))
    (folder / "idp.xml").write_text(str(entity_descriptor(idp)))


def sp_configuration(folder: Path, *, with_metadata: bool = True) -> dict[str, object]:
    """The Django project's side."""
    return {
        "entityid": SP,
        "xmlsec_binary": "/usr/bin/xmlsec1",
        "key_file": str(folder / "sp.key"),
        "cert_file": str(folder / "sp.crt"),
        "metadata": {"local": [str(folder / "idp.xml")]} if with_metadata else {},
        "service": {
            "sp": {
                "endpoints": {"assertion_consumer_service": [(ACS, BINDING_HTTP_POST)]},
                "allow_unsolicited": True,
                "want_assertions_signed": True,
                "want_response_signed": False,
                "authn_requests_signed": False,
            }
        },
    }


def _idp_configuration(folder: Path, *, with_metadata: bool = True) -> dict[str, object]:
    return {
        "entityid": IDP,
        "xmlsec_binary": "/usr/bin/xmlsec1",
        "key_file": str(folder / "idp.key"),
        "cert_file": str(folder / "idp.crt"),
        "metadata": {"local": [str(folder / "sp.xml")]} if with_metadata else {},
        "service": {
            "idp": {
                "endpoints": {"single_sign_on_service": [("https://idp.kth.se/sso", BINDING_HTTP_REDIRECT)]},
                "policy": {"default": {"attribute_restrictions": None, "lifetime": {"minutes": 15}}},
            }
        },
    }


def signed_response(folder: Path, name: str, attributes: dict[str, list[str]]) -> str:
    """A SAML response with a signed assertion about that person, as the browser would post it."""
    server = Server(config=IdPConfig().load(_idp_configuration(folder)))
    response = server.create_authn_response(
        {"eduPersonPrincipalName": [name], **attributes},
        in_response_to=None,
        destination=ACS,
        sp_entity_id=SP,
        name_id=NameID(format=NAMEID_FORMAT_PERSISTENT, text=name),
        authn={"class_ref": "urn:oasis:names:tc:SAML:2.0:ac:classes:Password"},
        sign_assertion=True,
        sign_response=False,
    )
    return base64.b64encode(str(response).encode()).decode()
