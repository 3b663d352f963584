# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One dump: two sessions get one snapshot under a short lock, one is dumped and the other is counted."""

from __future__ import annotations

import os
import typing as t

from ..._base._errors import EngineError
from ..._base._findings import ERROR, Finding
from ..._base._process import end_words
from ..._naming import part_label
from .._base import Context, Inventory, Stream
from .._private import write_private
from ._accounts import accounts_text
from ._check import TextCheck
from ._connection import connect
from ._flavour import Flavour
from ._found import Found
from ._inventory import Taken, combine
from ._options import Options
from ._snapshot import Snapshot
from ._talk import Talk
from ._views import views_text
from ._words import failure, warnings

ACCOUNTS_PART = "accounts"
VIEWS_PART = "views"
_CONNECT_SECONDS = 60


class MariadbSession:
    """Use as a context manager: leaving it ends every session on the server."""

    def __init__(self, flavour: Flavour, options: Options, found: Found, context: Context) -> None:
        for finding in found.findings:
            if finding.level == ERROR:
                raise EngineError(finding.message, finding.remedy, code=finding.code)
        self._flavour = flavour
        self._options = options
        self._found = found
        self._context = context
        self._connection = connect(flavour, options, context.work)
        self._snapshot: Snapshot | None = None
        self._taken: list[Taken] = []
        self._written: list[str] = []

    def __enter__(self) -> MariadbSession:
        return self

    def __exit__(self, *_unused: object) -> None:
        if self._snapshot is not None:
            self._snapshot.close()
            self._snapshot = None
        self._remove_written()
        self._connection.__exit__()

    def streams(self) -> t.Iterator[Stream]:
        for part, databases in self._parts():
            self._snapshot = Snapshot(
                self._flavour, self._options, self._found, self._context, self._connection, databases
            )
            yield self._snapshot.stream(part)
            self._taken.append(self._snapshot.finish())
            self._snapshot.close()
            self._snapshot = None
        if self._found.broken:
            yield self._text(VIEWS_PART, views_text)
        if self._options.accounts:
            yield self._text(ACCOUNTS_PART, self._accounts)

    def inventory(self) -> Inventory:
        if len(self._taken) != len(self._parts()):
            raise EngineError(
                f"Only {len(self._taken)} of {len(self._parts())} dumps were read to their end",
                "Run again; nothing was published",
                code="engine.incomplete",
            )
        return combine(self._taken, self._context.inventory)

    def findings(self) -> t.Sequence[Finding]:
        return [finding for taken in self._taken for finding in taken.findings]

    def _parts(self) -> list[tuple[str, tuple[str, ...]]]:
        """The dumps by their part: one for all, or one for each database."""
        selected = self._found.selected
        if self._options.separate:
            return [(part_label(name), (name,)) for name in selected]
        return [("", selected)]

    def _accounts(self, talk: Talk, _found: Found) -> str:
        return accounts_text(self._flavour, talk, self._connection.server)

    def _text(self, part: str, make: t.Callable[[Talk, Found], str]) -> Stream:
        """A text of our own, through a file of mode 0600 that is gone when the session ends."""
        with Talk(
            self._found.clients.client,
            self._connection,
            self._context.children,
            connect_seconds=self._options.connect_seconds,
        ) as talk:
            talk.prepare(self._flavour, _CONNECT_SECONDS)
            content = make(talk, self._found).encode("utf-8", "surrogateescape")
        path = os.path.join(self._context.work, f"{part}.sql")
        self._remove_written()
        self._written.append(path)
        write_private(path, content, code="engine.mariadb.work")
        return Stream(
            part=part,
            kind="sql",
            end_check=TextCheck(content),
            judge=_judge(part, path),
            restore=self._flavour.restore(),
            file=path,
        )

    def _remove_written(self) -> None:
        while self._written:
            path = self._written.pop()
            if os.path.lexists(path):
                os.unlink(path)


def _judge(part: str, path: str) -> t.Callable[[int, str], t.Sequence[Finding]]:
    def judge(status: int, said: str) -> t.Sequence[Finding]:
        if status:
            raise failure(f"Reading {path}", said, end_words(status))
        return warnings(part, said)

    return judge
