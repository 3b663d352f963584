# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who may sign manifests: a file of allowed signers, or the host's own key."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import re
import stat
import typing as t

from .._base._errors import ManifestError
from .._base._io import disk_errors, scratch, write_new
from .._base._process import Children
from ._manifest import SIGNATURE_SUFFIX, Manifest, manifest_path
from ._signing import NAMESPACE, check, public_key

_HOST = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,252}\Z")


@dataclasses.dataclass(frozen=True)
class Signers:
    """``path`` in the form of ``ssh-keygen -Y``: ``<host> <type> <key>`` in each line.

    With ``host`` only sets of that host pass; without, the host that the
    manifest names must have signed it.
    """

    path: str
    children: Children
    host: str = ""

    def demand(self, manifest: Manifest, raw: bytes, directory: str) -> None:
        """Raise ``ManifestError`` (``manifest.unsigned``, ``manifest.signature``) unless it is signed rightly."""
        signature = manifest_path(directory, manifest.name) + SIGNATURE_SUFFIX
        try:
            regular = stat.S_ISREG(os.lstat(signature).st_mode)
        except FileNotFoundError as problem:
            raise ManifestError(
                f"The manifest of {manifest.name} in {directory} is not signed",
                "Its signature was removed or never made: use another copy of the set",
                code="manifest.unsigned",
            ) from problem
        except OSError as problem:
            raise ManifestError(
                f"The signature {signature} cannot be read: {problem.strerror}",
                "See the medium and the permissions",
                code="manifest.unreadable",
            ) from problem
        host = manifest.data.get("host")
        known = isinstance(host, str) and _HOST.match(host) is not None and self.host in ("", host)
        if not (regular and known and check(raw, signature, self.path, str(host), self.children)):
            raise ManifestError(
                f"The signature of {manifest.name} in {directory} is not one of the host {ascii(host)[:80]}",
                "Artifact and manifest may have been replaced together: keep it apart and use another copy of the set",
                code="manifest.signature",
            )


@contextlib.contextmanager
def opened(allowed: str, key: str, host: str, children: Children) -> t.Iterator[Signers | None]:
    """The signers from a file ``allowed``, else from the host's own ``key``; None when neither is given."""
    if allowed:
        if not os.path.isfile(allowed):
            raise ManifestError(
                f"The file of allowed signers {allowed} is not there",
                "Make it with one line for each host: its name and its public signing key",
                code="signing.signers",
            )
        yield Signers(allowed, children, host)
    elif key:
        if not _HOST.match(host):
            raise ManifestError(
                f"The host {ascii(host)[:80]} of the signing key is not a name of a host",
                "Give the host as it stands in the manifests",
                code="signing.host",
            )
        with scratch("nusantara-signers-") as directory:
            path = os.path.join(directory, "allowed_signers")
            with disk_errors("Cannot write", path):
                write_new(path, f'{host} namespaces="{NAMESPACE}" {public_key(key)}\n'.encode())
            yield Signers(path, children, host)
    else:
        yield None
