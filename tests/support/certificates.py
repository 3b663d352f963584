# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Certificates for the servers that the tests start."""

from __future__ import annotations

import subprocess
from pathlib import Path

_CURVE = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")


def authority(root: Path, name: str) -> Path:
    """An authority of its own: ``<name>.key`` and ``<name>.crt`` in ``root``; its certificate."""
    key, made = root / f"{name}.key", root / f"{name}.crt"
    _openssl("req", "-x509", *_CURVE, "-days", "2", "-subj", f"/CN=test {name}", "-keyout", str(key), "-out", str(made))
    return made


def certificate(root: Path, ca: Path, key: Path, made: Path, name: str = "localhost") -> None:
    """A key and a certificate for a host's name, signed by an authority that `authority` made."""
    request = root / f"{made.stem}.csr"
    subject = ("-subj", f"/CN={name}", "-addext", f"subjectAltName=DNS:{name}")
    _openssl("req", *_CURVE, *subject, "-keyout", str(key), "-out", str(request))
    signer = ("-CA", str(ca), "-CAkey", str(ca.with_suffix(".key")), "-CAcreateserial", "-days", "2")
    _openssl("x509", "-req", "-in", str(request), *signer, "-copy_extensions", "copy", "-out", str(made))
    key.chmod(0o600)


def _openssl(*arguments: str) -> None:
    subprocess.run(["openssl", *arguments], check=True, capture_output=True, timeout=60)
