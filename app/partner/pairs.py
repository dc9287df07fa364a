"""SM2 pairs for signing calls, and a self-made certificate for signing guarantees while one tries things out."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from app.partner.card import Mistake

YEARS = 3


def certificate(name: str, uscc: str, *, certificate: Path, key: Path) -> None:
    """Write a P-256 key and a certificate of its own for it; neither may be there yet."""
    for path in (certificate, key):
        if path.exists():
            raise Mistake(f"{path}: 已存在，不覆盖 / is there already")
    pair = ec.generate_private_key(ec.SECP256R1())
    secret = pair.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    descriptor = os.open(key, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as out:
        out.write(secret)
    certificate.write_bytes(_certificate(name, uscc, pair).public_bytes(serialization.Encoding.PEM))


def _certificate(name: str, uscc: str, pair: ec.EllipticCurvePrivateKey) -> x509.Certificate:
    names = (
        (NameOID.COUNTRY_NAME, "CN"),
        (NameOID.ORGANIZATION_NAME, name),
        (NameOID.ORGANIZATION_IDENTIFIER, uscc),
        (NameOID.COMMON_NAME, f"{name}电子保函专用章"[:64]),
    )
    subject = x509.Name([x509.NameAttribute(kind, value) for kind, value in names])
    said = dict.fromkeys(
        ("key_encipherment", "data_encipherment", "key_agreement", "key_cert_sign", "crl_sign", "encipher_only",
         "decipher_only"), False,
    )  # fmt: skip
    start = datetime.now(UTC) - timedelta(days=1)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(pair.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start + timedelta(days=365 * YEARS))
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.KeyUsage(digital_signature=True, content_commitment=True, **said), critical=True)
        .sign(pair, hashes.SHA256())
    )
