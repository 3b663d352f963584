# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which signals a process ignores."""

from __future__ import annotations

# The two behind these belong to the C library, which lets programs that make starts ignore them.
_ORDINARY = 0x7FFFFFFF


def ignored(status: str) -> list[set[int]]:
    """The ordinary signals that are ignored, for each ``SigIgn`` line of ``/proc/PID/status`` in a text."""
    masks = [int(line.split()[1], 16) & _ORDINARY for line in status.splitlines() if line.startswith("SigIgn:")]
    return [{number for number in range(1, 32) if mask >> (number - 1) & 1} for mask in masks]
