# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Boundaries that no scenario reaches, each with the reason. A test fails when one is reached after all, or is gone."""

from __future__ import annotations

import typing as t

_NEW_DIRECTORY = "Removes a file of the same working directory, which is new in every run, so none is there."

EXEMPT: t.Mapping[str, str] = {
    "_artifact._stored.Sink._start_write_back: os.posix_fadvise #1": (
        "Comes once in 64 MiB, and is only advice to the kernel; the same in `_base._readback` is faulted."
    ),
    "_engines._mariadb._talk.Talk._ends_within: .wait #1": (
        "Only when a dump fails while its tables are still counted: the tables of the suite are counted in no time."
    ),
    "_engines._private.write_private: os.unlink #1": _NEW_DIRECTORY,
    "_engines._tarlook.user: pwd.getpwuid #1": "Asked only where the tree cannot be read, and root reads every tree.",
    "_engines._tarlook._readable: os.lstat #1": "Asked only by another user than root, as whom the suite runs.",
    "_engines._tarlook._readable: os.access #1": "Asked only by another user than root, as whom the suite runs.",
    "_sets._store.begin: shutil.rmtree #1": (
        "The sweep before each dump has removed every unfinished set; this is a second look under the same lock."
    ),
}
