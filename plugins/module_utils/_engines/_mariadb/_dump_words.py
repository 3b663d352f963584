# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The words of a dump; pure, so that a test can read them."""

from __future__ import annotations

import typing as t

from ._flavour import Flavour

# Comments mark where the dump's own transaction stands, and its end.
_ALWAYS = (
    "--single-transaction",
    "--quick",
    "--hex-blob",
    "--routines",
    "--events",
    "--triggers",
    "--tz-utc",
    "--comments",
    "--skip-dump-date",
    "--skip-lock-tables",
    "--no-tablespaces",
    "--default-character-set=utf8mb4",
    "--max-allowed-packet=1073741824",
)


def dump_words(
    flavour: Flavour,
    databases: t.Sequence[str],
    skipped: t.Sequence[tuple[str, str]],
    *,
    whole: bool,
    history: bool,
) -> tuple[str, ...]:
    """``whole`` names the databases in the dump; else it can be restored under another name.

    ``history`` costs a query for each table.
    """
    ignored = [f"--ignore-table={database}.{view}" for database, view in skipped]
    return (
        *_ALWAYS,
        *flavour.words_for(history=history),
        *ignored,
        *(("--databases",) if whole else ()),
        "--",
        *databases,
    )
