# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""From an engine's plain stream to a proven artifact, in one pass and bounded memory.

    producer ─► hash, count, end check ─► compress ─► encrypt ─► hash, count ─► file

Two threads carry the bytes: one from the producer to the first program, one
from the last program to the file. Whatever fails, everything is ended, the
file is removed, and the error names the first cause.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import signal
import subprocess
import threading
import typing as t

from . import _codec
from ._engines._base import Stream
from ._errors import BackupError, EngineError, PipelineError
from ._findings import Finding
from ._io import CHUNK, Digest, Meter, chunks, create, disk_error, open_to_read, write_all
from ._model import Protection
from ._process import Child, Children, Command, Result, end_words

_SET_PIPE_SIZE = 1031
_WRITE_BACK_EVERY = 64 << 20
Progress = t.Callable[[int], None]


class Written(t.NamedTuple):
    """The two digests of one artifact and what its producer's words amount to."""

    plain: Digest
    stored: Digest
    findings: tuple[Finding, ...]


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
    run = _Run(stream, path, protection, children, extra_recipient, progress)
    timer = threading.Timer(limit_seconds, run.give_up, (limit_seconds,))
    timer.daemon = True
    timer.start()
    try:
        return run.go()
    except BaseException:
        run.remove()
        raise
    finally:
        timer.cancel()


class _Run:
    def __init__(
        self,
        stream: Stream,
        path: str,
        protection: Protection,
        children: Children,
        extra_recipient: str,
        progress: Progress | None,
    ) -> None:
        self._stream = stream
        self._path = path
        self._children = children
        self._commands = _codec.encoders(protection, extra_recipient)
        self._progress = progress
        self._producer: Child | None = None
        self._stages: list[Child] = []
        self._late: float = 0
        self._created = False
        self._sink_error: BackupError | None = None
        self._stored = Meter()
        self._plain = Meter()

    def go(self) -> Written:
        try:
            return self._go()
        finally:
            for child in [self._producer, *self._stages]:
                if child is not None:
                    child.kill()

    def give_up(self, seconds: float) -> None:
        self._late = seconds
        self._stop()

    def remove(self) -> None:
        """Remove the file that this run has made, and no other of that name."""
        if self._created:
            with contextlib.suppress(OSError):
                os.unlink(self._path)

    def _go(self) -> Written:
        try:
            sink = create(self._path)
        except OSError as problem:
            raise disk_error("Cannot write", self._path, problem) from problem
        self._created = True
        writer = None
        try:
            entry, writer = self._start_stages(sink)
            findings = self._carry(entry, writer)
            self._flush(sink)
        finally:
            # The number of a closed file is given to the next one that opens, and the writer must not write into that.
            if writer is not None and writer.is_alive():
                self._stop()
                writer.join()
            os.close(sink)
        return Written(self._plain.digest(), self._stored.digest(), findings)

    def _start_stages(self, sink: int) -> tuple[t.Callable[[memoryview], None], threading.Thread | None]:
        """Start compressor and encryptor; returns where plain chunks go, and the thread that fills the file."""
        if not self._commands:
            return self._direct(sink), None
        _chain(self._commands, self._children, self._stages)
        writer = threading.Thread(target=self._fill, args=(sink,), name="store", daemon=True)
        writer.start()
        descriptor = self._stages[0].stdin.fileno()
        return (lambda chunk: write_all(descriptor, chunk)), writer

    def _direct(self, sink: int) -> t.Callable[[memoryview], None]:
        def put(chunk: memoryview) -> None:
            try:
                write_all(sink, chunk)
            except OSError as problem:
                self._sink_error = disk_error("Cannot write", self._path, problem)
                raise
            self._stored.feed(chunk)

        return put

    def _fill(self, sink: int) -> None:
        """Thread: from the last stage to the file, hashing; starts write-back early so that the flush is short."""
        started = 0
        try:
            for chunk in chunks(self._stages[-1].stdout.fileno()):
                self._stored.feed(chunk)
                write_all(sink, chunk)
                if self._stored.count - started >= _WRITE_BACK_EVERY:
                    os.posix_fadvise(sink, started, self._stored.count - started, os.POSIX_FADV_DONTNEED)
                    started = self._stored.count
        except OSError as problem:
            self._sink_error = disk_error("Cannot write", self._path, problem)
            self._stop()

    def _carry(self, put: t.Callable[[memoryview], None], writer: threading.Thread | None) -> tuple[Finding, ...]:
        cut: OSError | None = None
        with contextlib.ExitStack() as opened:
            descriptor = self._open_plain(opened)
            try:
                self._pump(descriptor, put)
            except OSError as problem:
                cut = problem
        results = self._end_stages(writer)
        return self._judge(cut, results)

    def _open_plain(self, opened: contextlib.ExitStack) -> int:
        if self._stream.command is not None:
            self._producer = self._children.spawn(self._stream.command, stdout=subprocess.PIPE)
            _widen(self._producer.stdout)
            return opened.enter_context(self._producer.stdout).fileno()
        try:
            descriptor = open_to_read(self._stream.file)
        except OSError as problem:
            raise disk_error("Cannot read", self._stream.file, problem) from problem
        opened.callback(os.close, descriptor)
        return descriptor

    def _pump(self, descriptor: int, put: t.Callable[[memoryview], None]) -> None:
        meter, check, progress = self._plain, self._stream.end_check, self._progress
        for chunk in chunks(descriptor):
            put(chunk)
            meter.feed(chunk)
            check.feed(chunk)
            if progress is not None:
                progress(meter.count)

    def _end_stages(self, writer: threading.Thread | None) -> list[Result]:
        if self._stages:
            with contextlib.suppress(OSError):
                self._stages[0].stdin.close()
        if writer is not None:
            writer.join()
        return [stage.wait() for stage in self._stages]

    def _judge(self, cut: OSError | None, results: t.Sequence[Result]) -> tuple[Finding, ...]:
        """Find the first cause: time limit, the disk, a stage, then the producer and the end of the dump."""
        self._refuse_late()
        if self._sink_error is not None:
            raise self._sink_error
        blamed = [pair for pair in zip(self._stages, results) if pair[1].status not in (0, -signal.SIGPIPE)]
        for stage, result in blamed or list(zip(self._stages, results)):
            if result.status != 0 or result.stderr:
                raise _stage_error(stage.command.name, result)
        if cut is not None:
            raise PipelineError(
                f"The plain stream was cut: {cut.strerror}", "Run again and watch the host", code="pipeline.cut"
            )
        findings: t.Sequence[Finding] = ()
        if self._producer is not None:
            ended = self._producer.wait()
            self._refuse_late()
            findings = self._stream.judge(ended.status, ended.stderr)
        if not self._plain.count:
            raise EngineError(
                "The dump is empty: the engine wrote no byte", "Run its command by hand", code="engine.empty"
            )
        self._stream.end_check.finish()
        return tuple(findings)

    def _refuse_late(self) -> None:
        if self._late:
            raise EngineError(
                f"The dump was ended after its time limit of {self._late / 60:g} minutes",
                "See whether the server waits for a lock, or raise time_limit",
                code="engine.time_limit",
            )

    def _flush(self, sink: int) -> None:
        try:
            os.fsync(sink)
        except OSError as problem:
            raise disk_error("Cannot flush", self._path, problem) from problem

    def _stop(self) -> None:
        for child in [self._producer, *self._stages]:
            if child is not None:
                child.signal_group(signal.SIGKILL)


def read_back(
    path: str,
    written: Written,
    protection: Protection,
    children: Children,
    *,
    reopen: bool = False,
    key: _codec.MemoryKey | None = None,
) -> None:
    """Read a stored artifact from its medium and compare; ``reopen`` it as well and compare the plain hash.

    Raises ``PipelineError``: an artifact that does not read back is not a backup.
    """
    plain = Meter()
    if not reopen:
        stored = _drain(path)
    else:
        with contextlib.ExitStack() as opened:
            identity = opened.enter_context(key.descriptor()) if key is not None else -1
            stored = _reopen(path, _codec.decoders(protection, identity), plain, children)
    if stored != written.stored:
        raise PipelineError(
            f"{path} does not read back as it was written: {stored.bytes} bytes with SHA-256 {stored.sha256[:16]}…",
            "The disk or its cable alters data: see the kernel's log, and do not trust this disk",
            code="pipeline.read_back",
        )
    if reopen and plain.digest() != written.plain:
        raise PipelineError(
            f"{path} does not open to what was dumped", "Run again; see the memory of the host", code="pipeline.reopen"
        )


def _reopen(path: str, commands: t.Sequence[Command], plain: Meter, children: Children) -> Digest:
    """Feed the stored bytes through the decoders and meter what comes out."""
    if not commands:
        return _drain(path, plain.feed)
    stages: list[Child] = []
    reader: threading.Thread | None = None
    try:
        _chain(commands, children, stages)
        reader = threading.Thread(target=_meter_output, args=(stages[-1], plain), daemon=True)
        reader.start()
        descriptor = stages[0].stdin.fileno()
        broken: list[OSError] = []

        def put(chunk: memoryview) -> None:
            if not broken:
                try:
                    write_all(descriptor, chunk)
                except BrokenPipeError as problem:
                    broken.append(problem)

        stored = _drain(path, put)
        stages[0].stdin.close()
        reader.join()
        for stage in stages:
            result = stage.wait()
            if result.status not in (0, -signal.SIGPIPE) or result.stderr:
                raise _stage_error(stage.command.name, result)
        return stored
    finally:
        for stage in stages:
            stage.signal_group(signal.SIGKILL)
        if reader is not None:
            reader.join()
        for stage in stages:
            stage.kill()


def _chain(commands: t.Sequence[Command], children: Children, stages: list[Child]) -> None:
    """Start programs, each fed by the one before; ``stages`` holds those that run also when one cannot start."""
    for command in commands:
        feed = stages[-1].stdout if stages else subprocess.PIPE
        stages.append(children.spawn(command, stdin=feed, stdout=subprocess.PIPE))
        _widen(stages[-1].stdout)
        if not isinstance(feed, int):
            feed.close()
    _widen(stages[0].stdin)


def _meter_output(stage: Child, plain: Meter) -> None:
    with contextlib.suppress(OSError):
        for chunk in chunks(stage.stdout.fileno()):
            plain.feed(chunk)


def _drain(path: str, put: t.Callable[[memoryview], None] | None = None) -> Digest:
    meter = Meter()
    try:
        descriptor = open_to_read(path)
        try:
            os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
            for chunk in chunks(descriptor):
                meter.feed(chunk)
                if put is not None:
                    put(chunk)
        finally:
            os.close(descriptor)
    except OSError as problem:
        raise disk_error("Cannot read back", path, problem) from problem
    return meter.digest()


def _stage_error(name: str, result: Result) -> PipelineError:
    return PipelineError(
        f"'{name}' {end_words(result.status)}" + (f": {result.stderr}" if result.stderr else ""),
        "See the memory and the disk of the host; nothing was published",
        code="pipeline.stage",
        detail=result.stderr,
    )


def _widen(pipe: t.IO[bytes]) -> None:
    """A larger pipe means fewer switches between processes; a host may forbid it, which harms nothing."""
    with contextlib.suppress(OSError):
        fcntl.fcntl(pipe.fileno(), _SET_PIPE_SIZE, CHUNK)
