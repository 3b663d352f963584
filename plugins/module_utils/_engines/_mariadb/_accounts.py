# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Users, roles and grants as statements that can be run on another server, and run again.

Accounts that every server makes for itself are left out, and so is
``root@localhost``: the one that restores.
"""

from __future__ import annotations

import re
import typing as t

from ._flavour import Flavour
from ._talk import Talk, name, text

Account = tuple[str, str]

_OWN = {
    "mariadb": frozenset({("mariadb.sys", "localhost"), ("root", "localhost")}),
    "mysql": frozenset(
        {("mysql.sys", "localhost"), ("mysql.session", "localhost"), ("mysql.infoschema", "localhost")}
        | {("root", "localhost")}
    ),
}
_LINE_SECONDS = 120
_NAME = r"`(?:[^`]|``)*`"
_WHOLE_NAME = rf"{_NAME}(?:@{_NAME})?"
_GLOBAL = re.compile(rf"(?P<grant>GRANT .+? ON \*\.\* TO {_WHOLE_NAME})(?P<more>.*)", re.DOTALL)
_NOTHING = re.compile(rf"GRANT USAGE ON \*\.\* TO {_WHOLE_NAME}$")
_DEFAULT_ROLE = re.compile(rf" DEFAULT ROLE (?P<roles>{_NAME}@{_NAME}(?:,{_NAME}@{_NAME})*)")
_STRING = re.compile(r"'(?:[^'\\]|\\.|'')*'", re.DOTALL)


def accounts_text(flavour: Flavour, talk: Talk, server: str) -> str:
    """The statements that make all accounts. Raises ``EngineError`` where the server refuses."""
    roles, users = _list(flavour, talk)
    made: list[str] = [f"CREATE ROLE IF NOT EXISTS {name(role)};" for role in roles]
    grants: list[str] = []
    defaults: list[str] = []
    for role in roles:
        grants += _grants(talk, name(role), defaults)
    for user in users:
        made.append(_create(talk, who(user), defaults))
        grants += _grants(talk, who(user), defaults)
    if flavour.name == "mariadb":
        grants += [line for line in _grants(talk, "PUBLIC", defaults) if line.startswith("GRANT ")]
    count = len(roles) + len(users)
    lines = [
        f"-- Accounts of {_printable(server)}: {count} users and roles, with their grants",
        "-- Restore the databases first: a grant on a table needs its table.",
        "SET NAMES utf8mb4;",
        "SET SESSION sql_mode = '';",
        *made,
        *grants,
        *defaults,
        f"-- Accounts complete: {count}",
        "",
    ]
    return "\n".join(lines)


def who(account: Account) -> str:
    """An account as a statement holds it."""
    return f"{name(account[0])}@{name(account[1])}"


def _list(flavour: Flavour, talk: Talk) -> tuple[list[str], list[Account]]:
    """Roles, which only MariaDB keeps apart, and users."""
    kind = "is_role" if flavour.name == "mariadb" else "'N'"
    rows = talk.ask(f"SELECT User, Host, {kind} FROM mysql.user ORDER BY User, Host;\n", _LINE_SECONDS)
    roles = [row[0] for row in rows if row[2] == "Y" and row[0] != "PUBLIC"]
    own = _OWN[flavour.name]
    return roles, [(row[0], row[1]) for row in rows if row[2] != "Y" and (row[0], row[1]) not in own]


def _create(talk: Talk, account: str, defaults: list[str]) -> str:
    (row,) = talk.ask(f"SHOW CREATE USER {account};\n", _LINE_SECONDS)
    statement = row[-1]
    found = _DEFAULT_ROLE.search(statement)
    if found:
        statement = statement[: found.start()] + statement[found.end() :]
        defaults.append(f"SET DEFAULT ROLE {found['roles']} TO {account};")
    return statement.replace("CREATE USER ", "CREATE USER IF NOT EXISTS ", 1) + ";"


def _grants(talk: Talk, account: str, defaults: list[str]) -> t.Iterator[str]:
    for row in talk.ask(f"SHOW GRANTS FOR {account};\n", _LINE_SECONDS):
        line = _grant_alone(row[0])
        if line.startswith("SET DEFAULT ROLE"):
            defaults.append(line + ";")
        elif not _NOTHING.fullmatch(line):
            yield line + ";"


def _grant_alone(line: str) -> str:
    """A grant without password and limits: those are the account's, and must not change one that exists."""
    found = _GLOBAL.fullmatch(line)
    if not found:
        return line
    option = " WITH GRANT OPTION" if "GRANT OPTION" in _STRING.sub("''", found["more"]) else ""
    return found["grant"] + option


def _printable(server: str) -> str:
    return text(server)[1:-1].replace("\n", " ")
