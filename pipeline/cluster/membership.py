"""Who belongs to the cluster: a certificate that all members show each other (mutual TLS), made by `cluster init`."""

from __future__ import annotations

import datetime as dt
import getpass
import ipaddress
import logging
import os
import ssl
import tempfile
import urllib.parse
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.disk import write_atomic
from pipeline.errors import PipelineError

if TYPE_CHECKING:
    from distributed.security import Security

FOLDER = ".cluster"  # in the home
AUTHORITY, CERTIFICATE, KEY = "authority.pem", "member.pem", "member.key"
VALID = dt.timedelta(days=730)
NAME = "impressie"


def init(folder: Path) -> None:
    """Make a certificate for all members; PipelineError where there is one already.

    The key that signed it is thrown away: nobody can add another member's certificate, only hand on this one.
    """
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    if (folder / KEY).exists():
        raise PipelineError(
            f"{folder} holds a certificate already", "members that have it go on; to begin anew, delete that folder"
        )
    now = dt.datetime.now(dt.UTC)
    authority_key, member_key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())

    def named(what: str) -> x509.Name:
        return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"{NAME} {what}")])

    def begun(what: str, key: ec.EllipticCurvePrivateKey) -> x509.CertificateBuilder:
        return (
            x509.CertificateBuilder()
            .subject_name(named(what))
            .issuer_name(named("authority"))
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - dt.timedelta(hours=1))  # clocks differ
            .not_valid_after(now + VALID)
        )

    authority = (
        begun("authority", authority_key)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(authority_key, hashes.SHA256())
    )
    member = (
        begun("member", member_key)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(NAME)]), critical=False)
        .sign(authority_key, hashes.SHA256())
    )
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    pem, plain = serialization.Encoding.PEM, serialization.NoEncryption()
    write_atomic(folder / ".gitignore", b"*\n")
    write_atomic(folder / AUTHORITY, authority.public_bytes(pem))
    write_atomic(folder / CERTIFICATE, member.public_bytes(pem))
    secret = os.open(folder / KEY, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(secret, "wb") as file:
        file.write(member_key.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain))


def security(folder: Path) -> Security | None:
    """What Dask is told of the certificate; None where there is none. PipelineError where it has expired."""
    from cryptography import x509
    from distributed.security import Security

    try:
        if not (folder / KEY).exists():
            return None
        certificate = x509.load_pem_x509_certificate((folder / CERTIFICATE).read_bytes())
        ssl.create_default_context(cafile=folder / AUTHORITY).load_cert_chain(folder / CERTIFICATE, folder / KEY)
    except (OSError, ValueError) as error:  # ssl's errors are OSErrors
        raise PipelineError(
            f"the certificate in {folder} cannot be used: {error}",
            "copy that folder from another member, as the user who is to work",
        ) from error
    if certificate.not_valid_after_utc < dt.datetime.now(dt.UTC):
        raise PipelineError(
            f"the certificate in {folder} has expired", "delete that folder everywhere, and: impressie cluster init"
        )
    member = {f"tls_{who}_{what}": str(folder / file) for who in ("client", "scheduler", "worker")
              for what, file in (("cert", CERTIFICATE), ("key", KEY))}  # fmt: skip
    return Security(tls_ca_file=str(folder / AUTHORITY), require_encryption=True, **member)


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach that host."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"


def only_here(address: str) -> bool:
    """Whether an address such as tls://127.0.0.1:8786 is of this machine."""
    return is_loopback(urllib.parse.urlsplit(address).hostname or "")


def quiet() -> None:
    """Dask tells a lot; what matters is said by the commands themselves."""
    import distributed

    for name in ("client", "core", "comm", "nanny", "scheduler", "worker", "batched", "utils", "diskutils"):
        logging.getLogger(f"{distributed.__name__}.{name}").setLevel(logging.CRITICAL)


def scratch() -> str:
    """Where Dask keeps what it must: nothing of ours goes there."""
    return str(Path(tempfile.gettempdir()) / f"impressie-dask-{getpass.getuser()}")


def guarded(address: str, folder: Path) -> Security | None:
    """What is needed to talk to a scheduler at this address; PipelineError where that would not be safe, or is none."""
    try:
        parts = urllib.parse.urlsplit(address)
        whole = parts.scheme in ("tls", "tcp") and bool(parts.hostname) and bool(parts.port)
    except ValueError:
        whole = False
    if not whole:
        raise PipelineError(
            f"'{address}' is no address of a cluster", "the scheduler says which it is, such as tls://10.0.0.5:8786"
        )
    if parts.scheme == "tcp":
        if not is_loopback(parts.hostname or ""):
            raise PipelineError(
                f"{address} is open to anybody: without TLS only this machine itself is allowed",
                "impressie cluster init, and start the scheduler again",
            )
        return None
    found = security(folder)
    if found is None:
        raise PipelineError(
            f"there is no certificate in {folder}", "impressie cluster init, or copy that folder from another member"
        )
    return found
