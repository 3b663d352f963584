# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an account may do, read from the words of ``SHOW GRANTS``, its roles included."""

from __future__ import annotations

import re
import typing as t

_LINE = re.compile(
    r"(?P<verb>GRANT|REVOKE) (?P<what>.+?) ON (?:TABLE )?(?P<database>\*|`(?:[^`]|``)+`)\.(?P<object>\*|`(?:[^`]|``)+`)"
    r" (?:TO|FROM) "
)
_COLUMNS = re.compile(r"\([^)]*\)")
_ALL = "ALL PRIVILEGES"


class Grants:
    """The privileges of one account on the server, on databases, and on whole tables."""

    def __init__(self, lines: t.Iterable[str]) -> None:
        self._server: set[str] = set()
        self._databases: list[tuple[re.Pattern[str], set[str]]] = []
        self._revoked: dict[str, set[str]] = {}
        self._tables: dict[tuple[str, str], set[str]] = {}
        for line in lines:
            found = _LINE.match(line)
            if found:
                self._take(found)

    def on_server(self, *names: str) -> bool:
        """Whether one of the privileges is held for everything."""
        return any({name, _ALL} & self._server for name in names)

    def on_database(self, database: str, *names: str) -> bool:
        """Whether one of the privileges is held for the whole of a database."""
        lost = self._revoked.get(database, set())
        wanted = {name for name in names if name not in lost and _ALL not in lost}
        held = set(self._server)
        for pattern, some in self._databases:
            if pattern.fullmatch(database):
                held |= some
        return bool(wanted) and bool((wanted | {_ALL}) & held)

    def on_table(self, database: str, table: str, name: str) -> bool:
        """Whether a privilege is held for one whole table."""
        return self.on_database(database, name) or bool({name, _ALL} & self._tables.get((database, table), set()))

    def _take(self, found: re.Match[str]) -> None:
        whole = {word.strip().upper() for word in _COLUMNS.sub("()", found["what"]).split(",")}
        names = {word for word in whole if not word.endswith("()")}
        database, item = _plain(found["database"]), _plain(found["object"])
        if found["verb"] == "REVOKE":
            self._revoked.setdefault(database, set()).update(names)
        elif item != "*":
            self._tables.setdefault((database, item), set()).update(names)
        elif database == "*":
            self._server |= names
        else:
            self._databases.append((_like(database), names))


def _plain(word: str) -> str:
    return word if word == "*" else word[1:-1].replace("``", "`")


def _like(pattern: str) -> re.Pattern[str]:
    """A database's name in a grant is a pattern: ``%`` and ``_`` stand for others unless escaped."""
    words = []
    marks = iter(pattern)
    for mark in marks:
        if mark == "\\":
            words.append(re.escape(next(marks, mark)))
        else:
            words.append({"%": ".*", "_": "."}.get(mark) or re.escape(mark))
    return re.compile("".join(words), re.DOTALL)
