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
        self._end = b""

    def feed(self, chunk: Buffer) -> None:
        if len(self._begin) < len(_FIRST):
            self._begin += chunk[: len(_FIRST) - len(self._begin)]
        self._end = (self._end + chunk)[-len(_LAST) :]

    def finish(self) -> None:
        """Raise ``EngineError`` (``engine.incomplete``) unless both were seen."""
        if self._begin != _FIRST:
            raise broken("the globals (roles, grants, tablespaces) do not begin as a cluster dump")
        if self._end != _LAST:
            raise broken("the globals (roles, grants, tablespaces) end without their closing words")
