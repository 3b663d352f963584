# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What keeps a role from dumping all of a database, and what a dump does not carry, in words."""

from __future__ import annotations

import dataclasses
import typing as t

from ..._base._findings import ERROR, INFO, WARNING, Finding

GRANTS_PAGE = "The grants table in docs/engines/postgresql.md has the exact statements"
_NAMED = 10


@dataclasses.dataclass(frozen=True)
class _Limit:
    code: str
    level: str
    message: str
    remedy: str


_UNREADABLE = _Limit(
    code="engine.postgresql.permission",
    level=ERROR,
    message="Role {role} may not read {count} {what}(s) of {database}: {names}",
    remedy=GRANTS_PAGE,
)
_LIMITS: t.Mapping[str, _Limit] = {
    "schema": _UNREADABLE,
    "table": _UNREADABLE,
    "sequence": _UNREADABLE,
    "large object": _UNREADABLE,
    "row security": _Limit(
        code="engine.postgresql.row_security",
        level=ERROR,
        message="Row security hides rows of {count} table(s) of {database} from role {role}: {names}",
        remedy=f"ALTER ROLE … BYPASSRLS. {GRANTS_PAGE}",
    ),
    "foreign table": _Limit(
        code="engine.postgresql.foreign_tables",
        level=WARNING,
        message="The rows of {count} foreign table(s) of {database} are not in the dump: {names}",
        remedy="Back them up on the server that holds them",
    ),
    "unlogged on a standby": _Limit(
        code="engine.postgresql.unlogged_standby",
        level=WARNING,
        message="A standby has no rows of {count} unlogged table(s) of {database}: {names}",
        remedy="Dump from the primary if they matter",
    ),
    "unlogged": _Limit(
        code="engine.postgresql.unlogged",
        level=INFO,
        message="{count} unlogged table(s) of {database} are dumped, but a crash of the server empties them: {names}",
        remedy="ALTER TABLE … SET LOGGED where the rows matter",
    ),
    "sequences": _Limit(
        code="engine.postgresql.sequences",
        level=INFO,
        message="The values of {count} sequence(s) of {database} are those of the moment they were read: {names}",
        remedy="Nothing to do: PostgreSQL keeps them outside of transactions",
    ),
}


def limit(database: str, role: str, answer: t.Mapping[str, t.Any]) -> Finding:
    """The finding for one answer of `_sql.grants`: what it is about, how many there are, the first names."""
    kind, count = str(answer["what"]), int(answer["count"])
    more = f" and {count - _NAMED} more" if count > _NAMED else ""
    params = {"what": kind, "count": str(count), "names": ", ".join(answer["names"]) + more, "role": role}
    case = _LIMITS[kind]
    message = case.message.format(**{**params, "role": repr(role), "database": repr(database)})
    return Finding(case.code, case.level, database, message, case.remedy, params)
