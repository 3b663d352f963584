# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Signs manifests with the host's backup key, and checks them (``ssh-keygen -Y``).

age proves no author; a signature shows that artifact and manifest were not
replaced together by somebody who has only the public recipients.
"""

from __future__ import annotations

import fcntl
import os
import shutil

from .._base._errors import ManifestError, ToolError
from .._base._io import DIRECTORY_MODE, disk_errors, make_directory, read_small, sync_file
from .._base._process import Children, Command, end_words

NAMESPACE = "nusantara-backup-manifest"
_KEY_LIMIT = 16 * 1024
_FRESH = ".new"


def ensure_key(path: str, host: str, children: Children) -> str:
    """Make the host's signing key where there is none (Ed25519, 0600); returns its public line."""
    if not os.path.exists(path) or os.path.lexists(path + _FRESH):
        with disk_errors("Cannot make the signing key", path):
            _make_key(path, host, children)
    return public_key(path)


def _make_key(path: str, host: str, children: Children) -> None:
    """Made beside and moved into place, public half first: nobody ever sees half a key, or another than stays.

    Where there is a key already, only what an earlier try could not remove is removed.
    """
    directory, fresh = os.path.dirname(path), path + _FRESH
    make_directory(directory)
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        shutil.rmtree(fresh, ignore_errors=True)
        if os.path.exists(path):
            return
        os.mkdir(fresh, DIRECTORY_MODE)
        key = os.path.join(fresh, "key")
        made = children.run(
            Command(("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", f"nusantara-backup {host}", "-f", key))
        )
        if made.status != 0:
            raise ToolError(
                f"The signing key {path} could not be made: {made.stderr or end_words(made.status)}",
                "See the disk and the permissions of its directory, and that ssh-keygen is installed",
                code="signing.key",
            )
        for half in (key + ".pub", key):
            sync_file(half)
        os.rename(key + ".pub", path + ".pub")
        os.rename(key, path)
        os.fsync(descriptor)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
        os.close(descriptor)


def public_key(path: str) -> str:
    """The public half of a signing key, as one line: type and key without comment."""
    try:
        words = read_small(path + ".pub", _KEY_LIMIT).decode("ascii").split()
        return f"{words[0]} {words[1]}"
    except FileNotFoundError as problem:
        raise ManifestError(
            f"There is no public signing key {path}.pub",
            "The first backup of a host makes it. If this host has backups, put its key back",
            code="signing.key",
        ) from problem
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
        said = f"{end_words(done.status)} {done.stderr}".strip()
        raise ManifestError(
            f"The manifest could not be signed with {key}: ssh-keygen {said}",
            "See whether the key is there, has mode 0600 and belongs to the backup's user",
            code="signing.failed",
        )
    return done.stdout


def check(raw: bytes, signature_path: str, allowed_signers: str, host: str, children: Children) -> bool:
    """Whether the bytes were signed by a key that ``allowed_signers`` names for this host."""
    who = ("-n", NAMESPACE, "-I", host, "-f", allowed_signers)
    done = children.run(Command(("ssh-keygen", "-Y", "verify", "-q", *who, "-s", signature_path)), stdin=raw)
    return done.status == 0
