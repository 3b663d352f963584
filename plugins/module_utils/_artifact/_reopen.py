# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Proof of a stored artifact: read back from its medium and, with ``proof: open``, opened again."""

from __future__ import annotations

import contextlib
import os
import threading
import typing as t

from .._base._errors import PipelineError, ToolError
from .._base._io import Digest, Meter, chunks, disk_error, forget_cache, open_to_read, read_ahead
from .._base._model import Protection
from .._base._process import Children, Command
from .._base._threads import begin
from . import _codec
from ._chain import Chain
from ._stored import Written


def read_back(
    path: str,
    written: Written,
    protection: Protection,
    children: Children,
    *,
    reopen: bool = False,
    key: _codec.MemoryKey | None = None,
    limit_seconds: float = 86400,
) -> None:
    """Read a stored artifact from its medium and compare; ``reopen`` it as well and compare the plain hash.

    Raises ``PipelineError``: an artifact that does not read back is not a backup. ``ToolError`` when a program
    that opens it again has not come to its end within the limit.
    """
    plain = Meter()
    if not reopen:
        found = _drain(path)
    else:
        with contextlib.ExitStack() as opened:
            identity = opened.enter_context(key.descriptor()) if key is not None else -1
            found = _decode(path, _codec.decoders(protection, identity), plain, children, limit_seconds)
    if found != written.stored:
        raise PipelineError(
            f"{path} does not read back as it was written: {found.bytes} bytes with SHA-256 {found.sha256[:16]}…",
            "The disk or its cable alters data: see the kernel's log, and do not trust this disk",
            code="pipeline.read_back",
        )
    if reopen and plain.digest() != written.plain:
        raise PipelineError(
            f"{path} does not open to what was dumped", "Run again; see the memory of the host", code="pipeline.reopen"
        )


def _decode(path: str, commands: t.Sequence[Command], plain: Meter, children: Children, limit: float) -> Digest:
    """Feed the stored bytes through the decoders and meter what comes out."""
    if not commands:
        return _drain(path, plain.feed)
    with Chain(commands, children) as chain, _in_time(chain, path, limit):
        reader = threading.Thread(target=_meter_output, args=(chain, plain), daemon=True)
        begin(reader)
        try:
            stored = _drain(path, _until_broken(chain))
            chain.close_entry()
            reader.join()
            chain.check()
        finally:
            # The reader ends before its pipe is closed: the number of a closed file is given to the next that opens.
            chain.stop()
            reader.join()
    return stored


@contextlib.contextmanager
def _in_time(chain: Chain, path: str, limit: float) -> t.Iterator[None]:
    """End the programs after the limit: one that hangs would hold the run, its locks and the sources behind it."""
    late = threading.Event()

    def give_up() -> None:
        late.set()
        chain.stop()

    timer = threading.Timer(limit, give_up)
    timer.daemon = True
    begin(timer)
    try:
        yield
    except PipelineError as problem:
        if not late.is_set():
            raise
        raise ToolError(
            f"Opening {path} again did not end within its time limit of {limit / 60:g} minutes",
            "See whether the disk hangs, or raise time_limit",
            code="tool.timeout",
        ) from problem
    finally:
        timer.cancel()
        timer.join()


def _until_broken(chain: Chain) -> t.Callable[[memoryview], None]:
    """Feeds the chain as long as it takes anything; the stored bytes are hashed to their end in any case."""
    broken: list[OSError] = []

    def put(chunk: memoryview) -> None:
        if not broken:
            try:
                chain.put(chunk)
            except BrokenPipeError as problem:
                broken.append(problem)

    return put


def _meter_output(chain: Chain, plain: Meter) -> None:
    with contextlib.suppress(OSError):
        for chunk in chunks(chain.exit):
            plain.feed(chunk)


def _drain(path: str, put: t.Callable[[memoryview], None] | None = None) -> Digest:
    meter = Meter()
    try:
        descriptor = open_to_read(path)
        try:
            forget_cache(descriptor)
            read_ahead(descriptor)
            for chunk in chunks(descriptor):
                meter.feed(chunk)
                if put is not None:
                    put(chunk)
        finally:
            os.close(descriptor)
    except OSError as problem:
        raise disk_error("Cannot read back", path, problem) from problem
    return meter.digest()
