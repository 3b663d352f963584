# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""From an engine's plain stream to a stored artifact, in one pass and bounded memory.

    producer ─► hash, count, end check ─► compress ─► encrypt ─► hash, count ─► file

Two threads carry the bytes: one from the producer to the first program, one
from the last program to the file. Whatever fails, everything is ended, the
file is removed, and the error names the first cause.
"""

from __future__ import annotations

import contextlib
import math
import os
import select
import signal
import subprocess
import threading
import time
import typing as t

from .._base._errors import BackupError, EngineError, PipelineError
from .._base._findings import Finding
from .._base._io import Digest, Meter, chunks, create, disk_error, open_to_read
from .._base._model import Protection
from .._base._process import Child, Children
from .._base._threads import begin
from .._engines._base import Stream
from . import _codec
from ._chain import Chain, widen
from ._stored import Direct, Encoded, Sink, Store, Written

Progress = t.Callable[[int], None]
# Dump programs write by 4 KiB. Who reads each piece at once switches back and forth with the program for every one;
# after a pause this short there is a handful, and the pipe holds far more than that.
_HANDFUL = 64 * 1024
_PAUSE = 0.001


def write_artifact(
    stream: Stream,
    path: str,
    protection: Protection,
    children: Children,
    *,
    extra_recipient: str = "",
    limit_seconds: float = 86400,
    progress: Progress | None = None,
) -> Written:
    """Dump one stream into a new file. Raises the first cause; then no file is left."""
    try:
        descriptor = create(path)
    except OSError as problem:
        raise disk_error("Cannot write", path, problem) from problem
    try:
        with contextlib.ExitStack() as opened:
            opened.callback(os.close, descriptor)
            sink = Sink(descriptor, path)
            commands = _codec.encoders(protection, extra_recipient)
            store = opened.enter_context(Encoded(sink, Chain(commands, children)) if commands else Direct(sink))
            plain, findings = _Feed(stream, store, children, progress).run(limit_seconds)
            sink.flush()
        return Written(plain, sink.meter.digest(), findings)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(path)
        raise


class _Feed:
    """Carries the plain stream of one producer into a store, and judges how it ended."""

    def __init__(self, stream: Stream, store: Store, children: Children, progress: Progress | None) -> None:
        self._stream = stream
        self._store = store
        self._children = children
        self._progress = progress
        self._producer: Child | None = None
        self._late: float = 0
        self._meter = Meter()
        self._waker = _Waker()

    def run(self, limit_seconds: float) -> tuple[Digest, tuple[Finding, ...]]:
        timer = threading.Timer(limit_seconds, self._give_up, (limit_seconds,))
        timer.daemon = True
        begin(timer)
        try:
            findings = self._carry()
        except BackupError:
            if self._late:
                raise self._too_late() from None
            raise
        finally:
            timer.cancel()
            timer.join()
            if self._producer is not None:
                self._producer.kill()
            self._waker.close()
        return self._meter.digest(), findings

    def _give_up(self, seconds: float) -> None:
        self._late = seconds
        self._store.stop()
        if self._producer is not None:
            self._producer.signal_group(signal.SIGKILL)
        self._stream.stop()
        # What escaped from the producer's group may hold the pipe open for ever.
        self._waker.wake()

    def _carry(self) -> tuple[Finding, ...]:
        cut: OSError | None = None
        with contextlib.ExitStack() as opened:
            descriptor = self._open(opened)
            try:
                self._pump(descriptor)
            except OSError as problem:
                cut = problem
        return self._judge(cut)

    def _open(self, opened: contextlib.ExitStack) -> int:
        if self._stream.command is not None:
            self._producer = self._children.spawn(self._stream.command, stdout=subprocess.PIPE)
            widen(self._producer.stdout)
            return opened.enter_context(self._producer.stdout).fileno()
        try:
            descriptor = open_to_read(self._stream.file)
        except OSError as problem:
            raise disk_error("Cannot read", self._stream.file, problem) from problem
        opened.callback(os.close, descriptor)
        return descriptor

    def _pump(self, descriptor: int) -> None:
        put, feed, check, progress = self._store.put, self._meter.feed, self._stream.end_check.feed, self._progress
        for chunk in chunks(descriptor, ready=self._waker.watching(descriptor)):
            # First onwards, so that the programs work while this one hashes.
            put(chunk)
            feed(chunk)
            check(chunk)
            if progress is not None:
                progress(self._meter.count)
            if len(chunk) < _HANDFUL and self._producer is not None:
                time.sleep(_PAUSE)

    def _judge(self, cut: OSError | None) -> tuple[Finding, ...]:
        """Find the first cause: time limit, the disk, a program, then the producer and the end of the dump."""
        if self._late:
            raise self._too_late()
        self._store.finish()
        if cut is not None:
            raise PipelineError(
                f"The plain stream was cut: {cut.strerror}", "Run again and watch the host", code="pipeline.cut"
            )
        findings: t.Sequence[Finding] = ()
        if self._producer is not None:
            ended = self._producer.wait_alone(math.inf)
            if self._late:
                raise self._too_late()
            findings = self._stream.judge(ended.status, ended.stderr)
        if not self._meter.count:
            raise EngineError(
                "The dump is empty: the engine wrote no byte", "Run its command by hand", code="engine.empty"
            )
        self._stream.end_check.finish()
        if self._late:
            raise self._too_late()
        return tuple(findings)

    def _too_late(self) -> EngineError:
        return EngineError(
            f"The dump was ended after its time limit of {self._late / 60:g} minutes",
            "See whether the server waits for a lock, or raise time_limit",
            code="engine.time_limit",
        )


class _Waker:
    """Ends the wait for a producer that has nothing to say, from another thread."""

    def __init__(self) -> None:
        self._reading, self._writing = os.pipe()

    def watching(self, descriptor: int) -> t.Callable[[], bool]:
        """A wait until something can be read; False when it was ended."""
        events = select.poll()
        events.register(descriptor, select.POLLIN)
        events.register(self._reading, select.POLLIN)
        return lambda: all(number != self._reading for number, unused in events.poll())

    def wake(self) -> None:
        # One byte finds room; what could be said of an error here would be heard by nobody.
        with contextlib.suppress(OSError):
            os.write(self._writing, b"!")

    def close(self) -> None:
        os.close(self._reading)
        os.close(self._writing)
