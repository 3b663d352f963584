# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The stored side of an artifact: its file, and what stands between the plain stream and that file."""

from __future__ import annotations

import os
import threading
import typing as t

from .._base._errors import BackupError
from .._base._findings import Finding
from .._base._io import Digest, Meter, chunks, disk_error, write_all
from .._base._threads import begin
from ._chain import Chain

_WRITE_BACK_EVERY = 64 << 20


class Written(t.NamedTuple):
    """The two digests of one artifact and what its producer's words amount to."""

    plain: Digest
    stored: Digest
    findings: tuple[Finding, ...]


class Sink:
    """An open file that is written once: hashed, counted, and its first error kept in words."""

    def __init__(self, descriptor: int, path: str) -> None:
        self._descriptor = descriptor
        self._path = path
        self._behind = 0
        self.meter = Meter()
        self.error: BackupError | None = None

    def write(self, chunk: memoryview) -> None:
        """Raises ``OSError``, and keeps what it means for `refuse_error`."""
        try:
            write_all(self._descriptor, chunk)
            self.meter.feed(chunk)
            self._start_write_back()
        except OSError as problem:
            self.error = disk_error("Cannot write", self._path, problem)
            raise

    def flush(self) -> None:
        try:
            os.fsync(self._descriptor)
        except OSError as problem:
            raise disk_error("Cannot flush", self._path, problem) from problem

    def refuse_error(self) -> None:
        if self.error is not None:
            raise self.error

    def _start_write_back(self) -> None:
        """Let the disk begin early, so that the flush at the end is short."""
        size = self.meter.count - self._behind
        if size >= _WRITE_BACK_EVERY:
            os.posix_fadvise(self._descriptor, self._behind, size, os.POSIX_FADV_DONTNEED)
            self._behind = self.meter.count


class Store(t.Protocol):
    """Where plain chunks go. One that breaks raises ``OSError`` from ``put`` and the reason from ``finish``."""

    def put(self, chunk: memoryview) -> None:
        """The next plain bytes."""

    def finish(self) -> None:
        """No more is coming: wait until all is in the file. Raises the disk's error first, then a program's."""

    def stop(self) -> None:
        """Come to an end, from any thread."""


class Direct:
    """Straight into the file: neither compressed nor encrypted."""

    def __init__(self, sink: Sink) -> None:
        self._sink = sink

    def __enter__(self) -> Store:
        return self

    def __exit__(self, *unused: object) -> None:
        """Nothing runs beside this one."""

    def put(self, chunk: memoryview) -> None:
        self._sink.write(chunk)

    def finish(self) -> None:
        self._sink.refuse_error()

    def stop(self) -> None:
        """A write to a file ends by itself."""


class Encoded:
    """Through the programs of a chain; a thread carries what the last one says into the file."""

    def __init__(self, sink: Sink, chain: Chain) -> None:
        self._sink = sink
        self._chain = chain
        self._carrier = threading.Thread(target=self._carry, name="store", daemon=True)
        try:
            begin(self._carrier)
        except BaseException:
            chain.kill()
            raise

    def __enter__(self) -> Store:
        return self

    def __exit__(self, *unused: object) -> None:
        # The number of a closed file is given to the next one that opens, and the carrier must not write into that.
        self._chain.stop()
        self._carrier.join()
        self._chain.kill()

    def put(self, chunk: memoryview) -> None:
        self._chain.put(chunk)

    def finish(self) -> None:
        self._chain.close_entry()
        self._carrier.join()
        self._sink.refuse_error()
        self._chain.check()

    def stop(self) -> None:
        self._chain.stop()

    def _carry(self) -> None:
        try:
            for chunk in chunks(self._chain.exit):
                self._sink.write(chunk)
        except OSError:
            # The sink has kept the reason; the programs must not wait for a reader that is gone.
            self._chain.stop()
