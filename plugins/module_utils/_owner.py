# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One identity per store: files of two owners in it would end in a night that cannot read its own past."""

from __future__ import annotations

import os
import pwd

from ._errors import BackupError


def refuse_other_owner(*paths: str) -> None:
    """Raise when one of the directories exists and belongs to somebody else."""
    for path in paths:
        if os.path.isdir(path) and os.stat(path).st_uid != os.geteuid():
            owner = _name(os.stat(path).st_uid)
            raise BackupError(
                f"{path} belongs to {owner}, and this runs as {_name(os.geteuid())}",
                f"Run as {owner} (become_user), so that one user owns all backups",
                code="owner.mixed",
            )


def _name(number: int) -> str:
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return f"user {number}"
