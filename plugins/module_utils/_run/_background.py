# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Starts a run as a process of its own, so that a lost connection harms nothing."""

from __future__ import annotations

import contextlib
import json
import os
import sys
import traceback
import typing as t

from .._base._errors import BackupError
from .._base._stop import StoppedError, listen

Started = t.Callable[[], None]


def launch(work: t.Callable[[Started], None], log: str) -> None:
    """Fork twice, run ``work`` in the grandchild, return when it calls ``started``.

    An error before that is raised here as the same `BackupError`. Every
    error after that goes to the file ``log``.
    """
    try:
        answer = _answer(work, log)
    except OSError as problem:
        raise BackupError(
            f"The run could not be started: {problem.strerror}",
            "See the memory and the limits of this user on the host, and whether a run goes on",
            code="run.start",
        ) from problem
    if answer != b"started":
        raise _told(answer)


def _answer(work: t.Callable[[Started], None], log: str) -> bytes:
    reader, writer = os.pipe()
    with os.fdopen(reader, "rb") as stream:
        try:
            child = os.fork()
            if child == 0:
                _detach(work, reader, writer, log)
        finally:
            os.close(writer)
        # Only tidiness: where children are reaped by somebody else, the answer comes all the same.
        with contextlib.suppress(OSError):
            os.waitpid(child, 0)
        return stream.read()


def _told(answer: bytes) -> BackupError:
    try:
        told = json.loads(answer)
        return BackupError(told["message"], told["remedy"], code=told["code"], detail=told["detail"])
    except (ValueError, KeyError, TypeError):
        return BackupError(
            "The run ended before it began", "See the memory and the limits of this user on the host", code="run.start"
        )


def _detach(work: t.Callable[[Started], None], reader: int, writer: int, log: str) -> t.NoReturn:
    status = 1
    answer = _Answer(writer)
    try:
        os.close(reader)
        os.setsid()
        if os.fork() != 0:
            os._exit(0)
        # A host that shuts down tells everybody to end: then the run is closed in words, as any other.
        listen()
        os.chdir("/")
        nothing = os.open(os.devnull, os.O_RDWR)
        for descriptor in (0, 1, 2):
            os.dup2(nothing, descriptor)
        work(lambda: answer.give(b"started"))
        status = 0
    except BackupError as problem:
        if answer.given:
            _keep_traceback(log)
        answer.give(json.dumps(problem.as_dict()).encode())
    except StoppedError:
        status = 1
    finally:
        # Nothing may return into the program that forked, whatever happened.
        try:
            if sys.exc_info()[0] is not None:
                _keep_traceback(log)
        finally:
            os._exit(status)


class _Answer:
    """What the program that forked waits for; given once, for afterwards the number may be another file's."""

    def __init__(self, writer: int) -> None:
        self._writer = writer
        self.given = False

    def give(self, text: bytes) -> None:
        if self.given:
            return
        self.given = True
        try:
            os.write(self._writer, text)
            os.close(self._writer)
        except OSError:
            pass


def _keep_traceback(log: str) -> None:
    try:
        with open(log, "a", encoding="utf-8") as stream:
            traceback.print_exc(file=stream)
    except OSError:
        pass
