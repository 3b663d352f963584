# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Signs manifests with the host's backup key, and checks them (``ssh-keygen -Y``).

age proves no author; a signature shows that artifact and manifest were not
replaced together by somebody who has only the public recipients.
"""

from __future__ import annotations

import os

from ._errors import ManifestError, ToolError
from ._io import make_directory, read_small
from ._process import Children, Command

NAMESPACE = "nusantara-backup-manifest"
_KEY_LIMIT = 16 * 1024


def ensure_key(path: str, host: str, children: Children) -> str:
    """Make the host's signing key where there is none (Ed25519, 0600); returns its public line."""
    if not os.path.exists(path):
        make_directory(os.path.dirname(path))
        made = children.run(
            Command(("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", f"nusantara-backup {host}", "-f", path))
        )
        if made.status != 0:
            raise ToolError(f"The signing key {path} could not be made: {made.stderr}", code="signing.key")
    return public_key(path)


def public_key(path: str) -> str:
    """The public half of a signing key, as one line: type and key without comment."""
    try:
        words = read_small(path + ".pub", _KEY_LIMIT).decode("ascii").split()
        return f"{words[0]} {words[1]}"
    except (OSError, UnicodeError, IndexError) as problem:
        raise ManifestError(
            f"The public signing key {path}.pub cannot be read",
            "Put the key of this host back, or make a new one and tell those who verify",
            code="signing.key",
        ) from problem


def sign(raw: bytes, key: str, children: Children) -> bytes:
    """The detached signature of some bytes."""
    done = children.run(Command(("ssh-keygen", "-Y", "sign", "-q", "-n", NAMESPACE, "-f", key)), stdin=raw)
    if done.status != 0 or not done.stdout.startswith(b"-----BEGIN SSH SIGNATURE-----"):
        raise ManifestError(
            f"The manifest could not be signed with {key}: {done.stderr}",
            "See whether the key is there, has mode 0600 and belongs to the backup's user",
            code="signing.failed",
        )
    return done.stdout


def check(raw: bytes, signature_path: str, allowed_signers: str, host: str, children: Children) -> bool:
    """Whether the bytes were signed by a key that ``allowed_signers`` names for this host."""
    who = ("-n", NAMESPACE, "-I", host, "-f", allowed_signers)
    done = children.run(Command(("ssh-keygen", "-Y", "verify", "-q", *who, "-s", signature_path)), stdin=raw)
    return done.status == 0
