# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The smallest pipeline there is: reads an engine's streams into plain files, as the real one would."""

from __future__ import annotations

import contextlib
import copy
import dataclasses
import os
import pathlib
import platform
import stat
import subprocess
import tempfile
import typing as t

from ansible_collections.nusantara.backup.plugins.module_utils._base._findings import Finding
from ansible_collections.nusantara.backup.plugins.module_utils._base._process import Children
from ansible_collections.nusantara.backup.plugins.module_utils._base._reader import Problems, Reader
from ansible_collections.nusantara.backup.plugins.module_utils._base._warden import Warden
from ansible_collections.nusantara.backup.plugins.module_utils._engines._base import (
    Context,
    Engine,
    Inventory,
    Probe,
    Stream,
)
from ansible_collections.nusantara.backup.plugins.module_utils._engines._registry import ENGINES

from .engine_cases._case import Dumped

CHUNK = 1 << 16


@dataclasses.dataclass(frozen=True)
class Dump:
    probe: Probe
    dumped: tuple[Dumped, ...]
    inventory: Inventory
    findings: tuple[Finding, ...]


def parsed(engine: Engine, data: t.Mapping[str, t.Any]) -> t.Any:
    """The options, which must be without a problem."""
    problems = Problems()
    options = engine.parse(Reader(data, "source", problems))
    assert problems.found == []
    return options


def problems_of(engine: Engine, data: t.Mapping[str, t.Any]) -> list[str]:
    problems = Problems()
    engine.parse(Reader(data, "source", problems))
    return problems.found


def debian() -> str:
    """The Debian of this machine as the table of versions calls it."""
    return f"Debian {platform.freedesktop_os_release().get('VERSION_ID', 'sid')}"


@contextlib.contextmanager
def working(depth: str = "rows") -> t.Iterator[Context]:
    """A context as a run makes it."""
    with Warden() as warden, Children(warden) as children:
        work = tempfile.mkdtemp(prefix="work-")
        warden.watch_directory(work)
        yield Context(children=children, work=work, inventory=depth)


def dump(
    name: str,
    data: t.Mapping[str, t.Any],
    directory: pathlib.Path,
    context: Context,
) -> Dump:
    """Probe, open, read all streams into files of ``directory``."""
    engine = ENGINES[name]
    options = parsed(engine, data)
    probe = engine.probe(options, context)
    found = list(probe.findings)
    with engine.open(options, probe, context) as session:
        dumped = tuple(
            _stream(stream, number, directory, context, found) for number, stream in enumerate(session.streams())
        )
        inventory = session.inventory()
        found += session.findings()
    assert os.listdir(context.work) == [], "the work directory is not empty after the session"
    return Dump(probe, dumped, inventory, tuple(found))


def _stream(
    stream: Stream,
    number: int,
    directory: pathlib.Path,
    context: Context,
    found: list[Finding],
) -> Dumped:
    _private(context.work)
    fresh = copy.deepcopy(stream.end_check)
    target = directory / f"{number}.{stream.kind}"
    with target.open("wb") as sink, contextlib.ExitStack() as stack:
        child = None
        if stream.command is not None:
            child = context.children.spawn(stream.command, stdout=subprocess.PIPE)
            plain = stack.enter_context(child.stdout)
        else:
            plain = stack.enter_context(open(stream.file, "rb", buffering=0))
        while chunk := plain.read(CHUNK):
            stream.end_check.feed(chunk)
            sink.write(chunk)
    status, said = (0, "")
    if child is not None:
        result = child.wait(60)
        status, said = result.status, result.stderr
    found += stream.judge(status, said)
    stream.end_check.finish()
    return Dumped(stream, target, fresh)


def _private(work: str) -> None:
    assert stat.S_IMODE(os.stat(work).st_mode) == 0o700
    for name in os.listdir(work):
        assert stat.S_IMODE(os.stat(os.path.join(work, name)).st_mode) == 0o600, name
