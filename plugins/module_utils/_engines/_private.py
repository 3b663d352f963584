# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files that nobody else may read: a password of the site, and what is written for the client programs."""

from __future__ import annotations

import os
import stat

from .._base._errors import EngineError


def read_password(path: str, limit: int, *, code: str) -> str:
    """The password alone, at most ``limit`` bytes; else an ``EngineError`` of that code."""

    def refused(what: str, remedy: str) -> EngineError:
        return EngineError(f"The password file {path!r} {what}", remedy, code=code)

    try:
        with open(path, "rb", opener=_no_wait) as file:
            state = os.fstat(file.fileno())
            if not stat.S_ISREG(state.st_mode):
                raise refused("is not a regular file", "Name a file that holds only the password")
            if stat.S_IMODE(state.st_mode) & 0o077:
                raise refused("can be read by others", "Set its mode to 0600 and its owner to this user")
            data = file.read(limit + 1)
    except OSError as problem:
        raise refused(f"cannot be read: {problem.strerror}", "See its path, owner and mode (0600)") from problem
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as problem:
        raise refused("is not UTF-8 text", "Write only the password into it") from problem
    text = text.removesuffix("\n")
    if not text or len(data) > limit or any(mark in text for mark in "\n\r\0"):
        raise refused("does not hold one line with a password", "Write only the password into it")
    return text


def write_private(path: str, data: bytes, *, code: str) -> None:
    """Write a file anew, never with a mode wider than 0600; an ``EngineError`` of that code where it cannot be."""
    try:
        if os.path.lexists(path):
            os.unlink(path)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(data)
    except OSError as problem:
        raise EngineError(
            f"{path} cannot be written: {problem.strerror}",
            "See the free space and owner of the work directory",
            code=code,
        ) from problem


def _no_wait(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NONBLOCK | os.O_CLOEXEC)
