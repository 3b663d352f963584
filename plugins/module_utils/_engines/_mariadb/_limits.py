# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a dump will not carry, or not as of one moment, in words."""

from __future__ import annotations

import typing as t

from ..._base._findings import ERROR, INFO, WARNING, Finding

_NAMED = 10


def some(names: t.Sequence[str]) -> str:
    """The first names, and how many more there are."""
    more = len(names) - _NAMED
    return ", ".join(names[:_NAMED]) + (f" and {more} more" if more > 0 else "")


def missing_grant(account: str, privilege: str, what: str, names: t.Sequence[str], page: str) -> Finding:
    """A privilege that the account lacks, and what would be missing in the backup."""
    return Finding(
        "engine.mariadb.permission",
        ERROR,
        names[0],
        f"The account {account} lacks {privilege}, so {what} would be missing: {some(names)}",
        f"GRANT {privilege}. The grants table in {page} has the exact statements",
        {"account": account, "privilege": privilege, "what": what, "names": some(names)},
    )


def not_transactional(names: t.Sequence[str], locked: bool) -> Finding:
    """Tables that no snapshot holds still (MyISAM, Aria, MEMORY and such)."""
    params = {"count": str(len(names)), "names": some(names)}
    if locked:
        return Finding(
            "engine.mariadb.locked",
            INFO,
            names[0],
            f"While the dump runs nobody can write, for {len(names)} table(s) know no transactions: {some(names)}",
            "ALTER TABLE … ENGINE=InnoDB where that is too long",
            params,
        )
    return Finding(
        "engine.mariadb.non_transactional",
        WARNING,
        names[0],
        f"{len(names)} table(s) know no transactions and are not consistent with the rest: {some(names)}",
        "ALTER TABLE … ENGINE=InnoDB, or set non_transactional: lock",
        params,
    )


def rows_elsewhere(names: t.Sequence[str]) -> Finding:
    """Tables whose rows lie on other servers or in other tables."""
    return Finding(
        "engine.mariadb.foreign_rows",
        WARNING,
        names[0],
        f"The rows of {len(names)} table(s) lie elsewhere and are not in the dump: {some(names)}",
        "Back them up where they lie",
        {"count": str(len(names)), "names": some(names)},
    )


def sequences(names: t.Sequence[str]) -> Finding:
    """Sequences are outside of transactions."""
    return Finding(
        "engine.mariadb.sequences",
        INFO,
        names[0],
        f"The values of {len(names)} sequence(s) are those of the moment they were read: {some(names)}",
        "Nothing to do: the server keeps them outside of transactions",
        {"count": str(len(names)), "names": some(names)},
    )


def rounded(names: t.Sequence[str]) -> Finding:
    """Columns whose values the dump program writes with fewer digits than they have."""
    return Finding(
        "engine.mariadb.float",
        WARNING,
        names[0],
        f"The dump has six digits of each value of {len(names)} FLOAT column(s), further ones are lost: {some(names)}",
        "ALTER TABLE … MODIFY … DOUBLE, whose values are dumped in full",
        {"count": str(len(names)), "names": some(names)},
    )


def no_history(names: t.Sequence[str], client: str) -> Finding:
    """System-versioned tables whose rows of earlier times an old dump program leaves behind."""
    return Finding(
        "engine.mariadb.history",
        WARNING,
        names[0],
        f"The client programs ({client}) cannot dump the history of {len(names)} table(s): {some(names)}",
        "Install client programs of 10.11 or newer",
        {"client": client, "count": str(len(names)), "names": some(names)},
    )


def broken_view(view: str, said: str, dumped: bool) -> Finding:
    """A view that does not compile any more. It is left out where the dump would stop at it."""
    params = {"text": said}
    if dumped:
        return Finding(
            "engine.mariadb.unusable_view",
            WARNING,
            view,
            f"View {view} cannot be used, here or after a restore: {said}",
            "Correct the view, or drop it",
            params,
        )
    return Finding(
        "engine.mariadb.broken_view",
        WARNING,
        view,
        f"View {view} does not compile and is not in the dump; its definition is in the part 'views': {said}",
        "Correct the view, or drop it",
        params,
    )


def not_told_apart(view: str) -> Finding:
    """A view that must be left out has the words of something else: a dot may stand within a name, too."""
    return Finding(
        "engine.mariadb.name",
        ERROR,
        view,
        f"The dump program cannot leave out the broken view {view} alone, for something else has the same words:"
        " database, dot, name",
        "Correct or drop the view, or set separate: true",
    )


def damaged(table: str, said: str) -> Finding:
    """A table that the server cannot open."""
    return Finding(
        "engine.mariadb.damaged",
        ERROR,
        table,
        f"The server cannot open table {table}: {said}",
        "Look at the table and at the server's log (CHECK TABLE), and repair it or restore it",
        {"text": said},
    )


def approximate(server: str, why: str, level: str = WARNING) -> Finding:
    """The inventory cannot be exact."""
    return Finding(
        "engine.mariadb.approximate",
        level,
        server,
        f"The inventory is approximate: {why}",
        "See Inventory in the page of the engine",
        {"text": why},
    )


def moments(server: str, what: str) -> Finding:
    """Parts of the set that have a moment of their own."""
    return Finding(
        "engine.mariadb.moments",
        INFO,
        server,
        f"{what} at a moment of its own",
        "Data that belongs together should lie in one file: leave separate out",
        {"text": what},
    )
