# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether somebody else could put other content into a program that runs as the backup's user."""

from __future__ import annotations

import os
import re
import stat
import typing as t

from ._owner import user_name
from ._process import search_path

_INTERPRETER = re.compile(r"(?:ba|da|k|z)?sh|(?:lua|node|perl|php|python|ruby|tclsh)[0-9.]*\Z")


def weakness(path: str) -> str:
    """Who besides root and this user could change a file, in words; empty when nobody can. May raise ``OSError``."""
    real = os.path.realpath(path)
    found = os.stat(real)
    if found.st_uid not in (0, os.geteuid()):
        return f"{real} belongs to {user_name(found.st_uid)}"
    if found.st_mode & 0o022:
        return f"{real} has mode {stat.S_IMODE(found.st_mode):04o}, so that others can write it"
    for directory in _above(path, real):
        reason = _directory(directory, holds=directory in (os.path.dirname(path), os.path.dirname(real)))
        if reason:
            return reason
    return ""


def scripts_in(words: t.Sequence[str]) -> t.Iterator[str]:
    """The files behind the first word that will run: what an interpreter reads, and what can be executed."""
    interpreted = False
    for number, word in enumerate(words):
        if number and word.startswith("/") and os.path.isfile(word) and (interpreted or os.access(word, os.X_OK)):
            yield word
            interpreted = False
        interpreted = interpreted or _INTERPRETER.match(os.path.basename(word)) is not None


def _above(*paths: str) -> list[str]:
    found: dict[str, None] = {}
    for path in paths:
        directory = os.path.dirname(path)
        while directory not in found:
            found[directory] = None
            directory = os.path.dirname(directory)
    # What root's own search path holds is trusted by the whole host.
    return [path for path in found if path not in search_path()]


def _directory(path: str, *, holds: bool) -> str:
    found = os.stat(path)
    if found.st_uid not in (0, os.geteuid()):
        return f"the directory {path} belongs to {user_name(found.st_uid)}"
    others = found.st_mode & 0o002 or (found.st_mode & 0o020 and found.st_gid != 0)
    # In a directory with the sticky bit nobody can rename what belongs to somebody else.
    if others and (holds or not found.st_mode & stat.S_ISVTX):
        return f"the directory {path} has mode {stat.S_IMODE(found.st_mode):04o}, so that others can write it"
    return ""
