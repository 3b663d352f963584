# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The engines `mariadb` and `mysql` driven as the pipeline drives them, with the plain streams kept in memory."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import subprocess
import tempfile
import typing as t

from ansible_collections.nusantara.backup.plugins.module_utils._base._findings import Finding
from ansible_collections.nusantara.backup.plugins.module_utils._base._process import Child, Children
from ansible_collections.nusantara.backup.plugins.module_utils._base._reader import Problems, Reader
from ansible_collections.nusantara.backup.plugins.module_utils._base._warden import Warden
from ansible_collections.nusantara.backup.plugins.module_utils._engines._base import Context, Inventory, Probe, Stream
from ansible_collections.nusantara.backup.plugins.module_utils._engines._registry import ENGINES

from .mariadb import Server

CHUNK = 1 << 16
Watch = t.Callable[[Stream, Child], None]


@dataclasses.dataclass(frozen=True)
class Made:
    """One finished dump; ``parts`` are the streams with their bytes, by part."""

    probe: Probe
    parts: t.Mapping[str, tuple[Stream, bytes]]
    inventory: Inventory
    findings: tuple[Finding, ...]

    def codes(self) -> set[str]:
        return {finding.code.replace("engine.mariadb.", "") for finding in self.findings}

    def rows(self) -> dict[str, int | None]:
        """The rows of each table by its name."""
        return {one.name: one.rows for one in self.inventory.objects if one.kind == "table"}


def parsed(server: Server, data: t.Mapping[str, t.Any]) -> t.Any:
    problems = Problems()
    options = ENGINES[server.engine].parse(Reader(data, "source", problems))
    assert problems.found == []
    return options


@contextlib.contextmanager
def working(depth: str = "rows") -> t.Iterator[Context]:
    with Warden() as warden, Children(warden) as children:
        work = tempfile.mkdtemp(prefix="dbwork-")
        warden.watch_directory(work)
        yield Context(children=children, work=work, inventory=depth)


def probe(server: Server, data: t.Mapping[str, t.Any]) -> Probe:
    with working() as context:
        return ENGINES[server.engine].probe(parsed(server, data), context)


def dump(server: Server, data: t.Mapping[str, t.Any], depth: str = "rows", watch: Watch | None = None) -> Made:
    """Probe, dump, check, and take the inventory. ``watch`` is called when a stream's first bytes are here."""
    engine, options = ENGINES[server.engine], parsed(server, data)
    with working(depth) as context:
        probed = engine.probe(options, context)
        found = list(probed.findings)
        parts: dict[str, tuple[Stream, bytes]] = {}
        with engine.open(options, probed, context) as session:
            for stream in session.streams():
                parts[stream.part] = stream, read(stream, context, found, watch)
            inventory = session.inventory()
            found += session.findings()
        assert os.listdir(context.work) == []
    return Made(probed, parts, inventory, tuple(found))


def read(stream: Stream, context: Context, found: list[Finding], watch: Watch | None) -> bytes:
    if stream.command is None:
        with open(stream.file, "rb") as file:
            data = file.read()
        stream.end_check.feed(data)
        stream.end_check.finish()
        return data
    child = context.children.spawn(stream.command, stdout=subprocess.PIPE)
    kept: list[bytes] = []
    with child.stdout as plain:
        while chunk := plain.read(CHUNK):
            stream.end_check.feed(chunk)
            if not kept and watch is not None:
                watch(stream, child)
            kept.append(chunk)
    result = child.wait(60)
    found += stream.judge(result.status, result.stderr)
    stream.end_check.finish()
    return b"".join(kept)
