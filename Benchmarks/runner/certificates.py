"""Certificates for one run: an authority, a server and a client, made by the `openssl` command in a given directory."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path

from .processes import ProcessFailure

DAYS = "7"  # a run takes less than an hour

# A configuration of its own: the system's adds extensions that differ between distributions.
CONFIGURATION = """
[req]
distinguished_name = name
prompt = no
[name]
[authority]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
[server]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = serverAuth
subjectAltName = DNS:localhost, IP:127.0.0.1, IP:::1
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
[client]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = clientAuth
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
"""


@dataclass(frozen=True)
class Identity:
    """A certificate and its key."""

    certificate: Path
    key: Path

    def options(self) -> list[str]:
        return ["--certificate", str(self.certificate), "--private-key", str(self.key)]


@dataclass(frozen=True)
class Certificates:
    """ECDSA on P-256, as most servers have today: cheap to sign with, known to every TLS library."""

    authority: Path
    server: Identity
    client: Identity

    def trust(self) -> list[str]:
        return ["--trust-roots", str(self.authority)]

    @classmethod
    def make(cls, directory: Path) -> Certificates:
        """Makes them in `directory`, which has to be there."""
        configuration = directory / "openssl.cnf"
        configuration.write_text(CONFIGURATION)

        def made(role: str, *signing: str) -> Identity:
            identity = Identity(directory / f"{role}.pem", directory / f"{role}.key")
            _openssl(
                *("req", "-x509", "-config", str(configuration), "-extensions", role, "-days", DAYS),
                *("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", f"/CN={role}"),
                *("-keyout", str(identity.key), "-out", str(identity.certificate), *signing),
            )
            return identity

        authority = made("authority")
        signing = ("-CA", str(authority.certificate), "-CAkey", str(authority.key))
        return cls(authority.certificate, made("server", *signing), made("client", *signing))


def _openssl(*arguments: str) -> None:
    try:
        done = subprocess.run(["openssl", *arguments], capture_output=True, text=True, timeout=60)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise ProcessFailure(f"cannot make certificates with the openssl command: {error}") from error
    if done.returncode != 0:
        raise ProcessFailure(f"openssl {' '.join(arguments)} failed: {done.stderr.strip()}")
