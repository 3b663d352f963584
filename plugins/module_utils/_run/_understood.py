# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Answers of servers and programs that nobody foresaw become words, whatever the engine."""

from __future__ import annotations

import os
import traceback
import types
import typing as t

from .._base._errors import BackupError, EngineError
from .._engines._base import Session, Stream

# What reading a foreign answer raises: a field too few, a number that is none, a list instead of a mapping.
_MISREAD = (LookupError, TypeError, ValueError, AttributeError, ArithmeticError, RecursionError)


class Understood:
    """Put it around the work of an engine: ``with Understood(source): …``."""

    def __init__(self, source: str) -> None:
        self._source = source

    def __enter__(self) -> Understood:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        problem: BaseException | None,
        trace: types.TracebackType | None,
    ) -> None:
        if isinstance(problem, _MISREAD) and not isinstance(problem, BackupError):
            frame = traceback.extract_tb(trace)[-1]
            where = f"{os.path.basename(frame.filename)}:{frame.lineno}"
            raise EngineError(
                f"What the programs of {self._source} answered is not understood: {type(problem).__name__} at {where}",
                "See that its options name the engine's own programs and server; report the detail",
                code="engine.answer",
                detail="".join(traceback.format_exception(kind, problem, trace)),
            ) from problem


def streams_of(session: Session, source: str) -> t.Iterator[Stream]:
    """The streams of a session, each made under `Understood`."""
    streams = iter(session.streams())
    while True:
        with Understood(source):
            stream = next(streams, None)
        if stream is None:
            return
        yield stream
