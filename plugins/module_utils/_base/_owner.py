# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One identity per store: files of two owners in it would lock the backup's own user out."""

from __future__ import annotations

import os
import pwd

from ._errors import BackupError


def refuse_mixed_owners(*paths: str) -> None:
    """Raise when a path that exists belongs to another user than the one who works here.

    Files of two owners in one store would lock the backup's own user out.
    """
    for path in paths:
        try:
            owner = os.stat(path).st_uid
        except FileNotFoundError:
            continue
        except OSError as problem:
            raise BackupError(
                f"{path} cannot be looked at: {problem.strerror}",
                "Run this as the backup's own user (become_user)",
                code="owner.unknown",
            ) from problem
        if owner != os.geteuid():
            raise BackupError(
                f"{path} belongs to {user_name(owner)} and this runs as {user_name(os.geteuid())}",
                f"Run it as its owner: become: true, become_user: {user_name(owner)}",
                code="owner.mixed",
            )


def user_name(number: int) -> str:
    """The name of a user, or the number where nobody gave it one."""
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return str(number)
