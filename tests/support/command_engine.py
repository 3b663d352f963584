# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The engine `command` driven as a run drives it, with scripts of a test's own."""

from __future__ import annotations

import contextlib
import dataclasses
import pathlib
import typing as t

import pytest

from ansible_collections.nusantara.backup.plugins.module_utils._artifact._pipeline import write_artifact
from ansible_collections.nusantara.backup.plugins.module_utils._artifact._stored import Written
from ansible_collections.nusantara.backup.plugins.module_utils._base._errors import BackupError
from ansible_collections.nusantara.backup.plugins.module_utils._base._findings import Finding
from ansible_collections.nusantara.backup.plugins.module_utils._base._model import Protection
from ansible_collections.nusantara.backup.plugins.module_utils._base._process import Children
from ansible_collections.nusantara.backup.plugins.module_utils._base._reader import Problems, Reader
from ansible_collections.nusantara.backup.plugins.module_utils._engines._base import Context, Inventory, Probe, Stream
from ansible_collections.nusantara.backup.plugins.module_utils._engines._registry import ENGINES

ENGINE = ENGINES["command"]
CLEAR = Protection(compression="none", encryption="none")


def program(path: pathlib.Path, script: str, mode: int = 0o755) -> str:
    """A shell script as a file of its own."""
    path.write_text("#!/bin/sh\n" + script + "\n")
    path.chmod(mode)
    return str(path)


def parsed(data: t.Mapping[str, t.Any]) -> t.Any:
    problems = Problems()
    options = ENGINE.parse(Reader(data, "source", problems))
    assert problems.found == []
    return options


@dataclasses.dataclass(frozen=True)
class Made:
    """What came of one dump."""

    written: Written
    inventory: Inventory
    findings: tuple[Finding, ...]
    target: pathlib.Path

    @property
    def plain(self) -> bytes:
        return self.target.read_bytes()

    def codes(self) -> list[str]:
        return [finding.code for finding in self.findings]


def options_for(tmp_path: pathlib.Path, script: str, more: t.Mapping[str, t.Any]) -> t.Any:
    """Options of a source whose dump is a script."""
    return parsed({"dump": [program(tmp_path / "dump", script)], "restore": ["cat"], "end": "none", **more})


def looked(tmp_path: pathlib.Path, script: str = "echo data", **more: t.Any) -> Probe:
    options = options_for(tmp_path, script, more)
    with Children() as children:
        return ENGINE.probe(options, Context(children, str(tmp_path)))


@contextlib.contextmanager
def opened(tmp_path: pathlib.Path, script: str, depth: str = "rows", **more: t.Any) -> t.Iterator[tuple[Stream, t.Any]]:
    """The one stream of a source, and its session; no program is left afterwards."""
    options = options_for(tmp_path, script, more)
    with Children() as children:
        context = Context(children, str(tmp_path), depth)
        with ENGINE.open(options, ENGINE.probe(options, context), context) as session:
            for number, stream in enumerate(session.streams()):
                assert number == 0
                yield stream, session
        assert not children._alive


def dumped(tmp_path: pathlib.Path, script: str, depth: str = "rows", limit_seconds: float = 60, **more: t.Any) -> Made:
    """A dump through the real pipeline, in clear."""
    target = tmp_path / "artifact"
    target.unlink(missing_ok=True)
    with opened(tmp_path, script, depth, **more) as (stream, session), Children() as children:
        written = write_artifact(stream, str(target), CLEAR, children, limit_seconds=limit_seconds)
        inventory = session.inventory()
        findings = (*written.findings, *session.findings())
    return Made(written, inventory, findings, target)


def problem_of(tmp_path: pathlib.Path, script: str, **more: t.Any) -> BackupError:
    """The error of a dump that must fail, and leave no file."""
    with pytest.raises(BackupError) as caught:
        dumped(tmp_path, script, **more)
    assert not (tmp_path / "artifact").exists()
    return caught.value
