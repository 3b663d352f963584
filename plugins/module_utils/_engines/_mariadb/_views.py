# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The definitions of views that the dump must leave out, kept for whoever corrects them."""

from __future__ import annotations

from ._found import Found
from ._talk import Talk, name

_SECONDS = 120


def views_text(talk: Talk, found: Found) -> str:
    """Statements that make the views, once what they lack is there again."""
    lines = [
        f"-- Views that did not compile: {len(found.broken)}",
        "-- Correct what each lacks, then run its statement.",
        "SET NAMES utf8mb4;",
    ]
    for database, view in found.broken:
        (row,) = talk.ask(f"USE {name(database)};\nSHOW CREATE VIEW {name(view)};\n", _SECONDS)
        lines += [f"USE {name(database)};", f"{row[1]};"]
    return "\n".join([*lines, f"-- Views complete: {len(found.broken)}", ""])
