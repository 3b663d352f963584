# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Proof that the text of `pg_dumpall --globals-only` is whole: its last line says so."""

from __future__ import annotations

from .._base import Buffer
from ._archive_head import broken

_LAST = b"\n--\n-- PostgreSQL database cluster dump complete\n--\n\n"
_FIRST = b"--\n-- PostgreSQL database cluster dump\n--\n"


class GlobalsCheck:
    """An `EndCheck`: begins as a cluster dump and ends with its closing words, and nothing behind them."""

    def __init__(self) -> None:
        self._begin = b""
        self._tail = b""
        self._ended = False

    def feed(self, chunk: Buffer) -> None:
        if self._ended and chunk:
            raise broken("bytes follow behind the end of the globals")
        if len(self._begin) < len(_FIRST):
            self._begin += chunk[: len(_FIRST) - len(self._begin)]
        data = self._tail + chunk
        at = data.find(_LAST)
        self._tail = data[-(len(_LAST) - 1) :]
        if at >= 0:
            self._ended = True
            if at + len(_LAST) < len(data):
                raise broken("bytes follow behind the end of the globals")

    def finish(self) -> None:
        """Raise ``EngineError`` (``engine.incomplete``) unless both were seen."""
        if self._begin != _FIRST:
            raise broken("the globals (roles, grants, tablespaces) do not begin as a cluster dump")
        if not self._ended:
            raise broken("the globals (roles, grants, tablespaces) end without their closing words")
