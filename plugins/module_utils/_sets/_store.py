# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""How a store is laid out: ``<root>/<NamaData>/<name>/`` holds one set, whole or not at all.

A set grows in ``<name>.part`` beside its final place and appears there by one
rename of its directory, so nobody ever sees half of it. The layout is the
same on a host and on every disk medium.
"""

from __future__ import annotations

import errno
import os
import shutil
import typing as t

from .._base._io import DIRECTORY_MODE, PART, disk_error, disk_errors, make_directory, sync_directory

MARKER = ".nusantara-backup-medium"


def set_directory(root: str, source: str, name: str) -> str:
    """Where a set lies."""
    return os.path.join(root, source, name)


def begin(root: str, source: str, name: str) -> str:
    """An empty directory in which a set may grow; what an interrupted run left there is removed."""
    final = set_directory(root, source, name)
    staging = final + PART
    with disk_errors("Cannot prepare", staging):
        make_directory(os.path.dirname(final))
        if os.path.lexists(final):
            raise OSError(errno.EEXIST, os.strerror(errno.EEXIST), final)
        if os.path.lexists(staging):
            shutil.rmtree(staging)
        os.mkdir(staging, DIRECTORY_MODE)
        sync_directory(os.path.dirname(final))
    return staging


def commit(staging: str) -> str:
    """Publish a finished set by one rename; a set that is there already is never replaced."""
    final = staging[: -len(PART)]
    try:
        sync_directory(staging)
        # rename(2) would take an empty directory's place; a set is never empty, but be exact.
        if os.path.lexists(final):
            raise OSError(errno.EEXIST, os.strerror(errno.EEXIST), final)
        os.rename(staging, final)
        sync_directory(os.path.dirname(final))
    except OSError as problem:
        raise disk_error("Cannot publish the set", final, problem) from problem
    return final


def abandon(staging: str) -> None:
    """Remove a set that did not come to be."""
    shutil.rmtree(staging, ignore_errors=True)


def staged(root: str, source: str) -> t.Iterator[str]:
    """The unfinished sets of a source: leftovers, when nobody holds its lock."""
    parent = os.path.join(root, source)
    if os.path.isdir(parent):
        for entry in sorted(os.listdir(parent)):
            if entry.endswith(PART):
                yield os.path.join(parent, entry)
