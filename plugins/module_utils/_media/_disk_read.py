# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""How a set that lies on a disk is re-read and compared."""

from __future__ import annotations

import os

from .._base import _held as held
from .._base._io import forget_cache
from .._base._readback import read_back_descriptor
from .._sets._manifest import SIGNATURE_SUFFIX, SUFFIX, ManifestFile
from ._base import Notice, Parcel


def reread_artifact(directory: int, entry: ManifestFile, notice: Notice) -> bool | None:
    """None when the artifact is not what the manifest says, else whether it came from the medium."""
    descriptor = held.plain_below(directory, entry.file)
    if descriptor is None:
        return None
    try:
        if os.fstat(descriptor).st_size != entry.stored.bytes:
            return None
        back = read_back_descriptor(descriptor, notice)
    finally:
        os.close(descriptor)
    return back.dropped if back.digest == entry.stored else None


def holds(directory: int, file: str, data: bytes | None) -> bool:
    """Whether a small file has exactly these bytes, read from the medium; None: whether it is not there."""
    if data is None:
        return not held.exists_below(directory, file)
    descriptor = held.plain_below(directory, file)
    if descriptor is None:
        return False
    with open(descriptor, "rb") as stream:
        forget_cache(descriptor)
        return stream.read(len(data) + 1) == data


def differences(directory: int, parcel: Parcel, notice: Notice) -> tuple[list[str], bool]:
    """In what the set in a directory differs from a parcel, and whether its bytes came from the medium."""
    manifest = parcel.manifest
    papers = {manifest.name + SUFFIX: parcel.raw, manifest.name + SUFFIX + SIGNATURE_SUFFIX: parcel.signature}
    found = [f"{file} differs" for file, data in papers.items() if not holds(directory, file, data)]
    known = {*papers, *(entry.file for entry in manifest.files)}
    found += [f"{ascii(entry)[:80]} is not of this set" for entry in sorted(set(os.listdir(directory)) - known)]
    dropped = True
    # Where the papers differ it is another set: its artifacts need not be read.
    for entry in () if found else manifest.files:
        back = reread_artifact(directory, entry, notice)
        if back is None:
            found.append(f"{entry.file} is altered or missing")
        dropped = dropped and bool(back)
    return found, dropped
