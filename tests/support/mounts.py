# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Small file systems to fill, to remount and to take away. They need root and util-linux."""

from __future__ import annotations

import contextlib
import os
import pathlib
import subprocess
import typing as t

import pytest

from ansible_collections.nusantara.backup.plugins.module_utils._sets._store import MARKER


def require_root() -> None:
    """Tests of mounts fail in words, and are never left out, where they cannot run."""
    if os.geteuid() != 0:
        pytest.fail("This test mounts small file systems: run the tests as root, or in the container that they name")


@contextlib.contextmanager
def mounted(point: pathlib.Path, *options: str, kind: str = "tmpfs") -> t.Iterator[pathlib.Path]:
    """A RAM disk at a mount point, gone afterwards whatever happened to it."""
    require_root()
    point.mkdir(exist_ok=True)
    told = ["-o", ",".join(options)] if options else []
    _run("mount", "-t", kind, *told, "--", "nusantara-test", str(point))
    try:
        yield point
    finally:
        if os.path.ismount(point):
            _run("umount", "--lazy", "--", str(point))


@contextlib.contextmanager
def mounted_image(image: pathlib.Path, point: pathlib.Path, megabytes: int) -> t.Iterator[pathlib.Path]:
    """An ext4 in a file, mounted through a loop device: a disk with a page cache that can be dropped."""
    require_root()
    point.mkdir(exist_ok=True)
    with open(image, "wb") as stream:
        stream.truncate(megabytes << 20)
    _run("mkfs.ext4", "-q", "-m", "0", "-O", "^has_journal", str(image))
    _run("mount", "-o", "loop", "--", str(image), str(point))
    try:
        yield point
    finally:
        if os.path.ismount(point):
            _run("umount", "--lazy", "--", str(point))


def remount(point: pathlib.Path, options: str) -> None:
    _run("mount", "-o", f"remount,{options}", "--", str(point))


def take_away(point: pathlib.Path) -> None:
    """What a pulled cable looks like: the directory below shows, and open files lead nowhere a path leads."""
    _run("umount", "--lazy", "--", str(point))


def mark(directory: pathlib.Path, name: str) -> pathlib.Path:
    """Make a directory a medium."""
    directory.mkdir(exist_ok=True)
    (directory / MARKER).write_text(f'{{"name": "{name}"}}\n', encoding="ascii")
    return directory


def _run(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{command}: {done.stderr}"
