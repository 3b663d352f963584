# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Source trees in the contract suite."""

from __future__ import annotations

import contextlib
import errno
import os
import pathlib
import stat
import typing as t

from tests.support.files_content import full_tree, small_tree

from ._case import Copy, Dumped, EngineCase, Source
from ._support import HOSTILE_NAMES, as_stranger, run_words

BLOCK = 1 << 16
# tar restores them and wonders.
ODD_MOMENTS = r"^tar: \./times/-?\d+: (?:implausibly old )?time stamp "


def tree_content(top: pathlib.Path) -> dict[str, t.Any]:
    """Everything that a restore must bring back, by relative name."""
    found: dict[str, t.Any] = {}
    links: dict[tuple[int, int], str] = {}
    for path in (top, *sorted(top.rglob("*"))):
        info = path.lstat()
        kind = stat.S_IFMT(info.st_mode)
        name = "." if path == top else str(path.relative_to(top))
        detail: t.Any = None
        if stat.S_ISREG(info.st_mode):
            first = links.setdefault((info.st_dev, info.st_ino), name)
            detail = (
                info.st_size,
                _islands(path),
                first,
                {key: os.getxattr(path, key) for key in sorted(os.listxattr(path))},
            )
        elif stat.S_ISLNK(info.st_mode):
            detail = os.readlink(path)
        elif stat.S_ISDIR(info.st_mode):
            detail = _attributes(path)
        elif stat.S_ISCHR(info.st_mode) or stat.S_ISBLK(info.st_mode):
            detail = info.st_rdev
        found[name] = (kind, stat.S_IMODE(info.st_mode), info.st_uid, info.st_gid, info.st_mtime_ns, detail)
    return found


def _attributes(path: pathlib.Path) -> dict[str, bytes]:
    return {key: os.getxattr(path, key) for key in sorted(os.listxattr(path))}


def _islands(path: pathlib.Path) -> list[tuple[int, bytes]]:
    """The bytes of a file that are not zero, by position in blocks; holes are not read."""
    found = []
    with path.open("rb", buffering=0) as file:
        end = file.seek(0, os.SEEK_END)
        position = 0
        while position < end:
            try:
                position = file.seek(position, os.SEEK_DATA)
            except OSError as problem:
                if problem.errno == errno.ENXIO:
                    break
                raise
            position -= position % BLOCK
            file.seek(position)
            block = file.read(BLOCK)
            if block.strip(b"\0"):
                found.append((position, block))
            position += BLOCK
    return found


class FilesSource(Source):
    totals: t.Mapping[str, int] = {"file": 7, "directory": 3, "symlink": 2, "hardlink": 1, "other": 1}

    def __init__(self, top: pathlib.Path, fill: t.Callable[[pathlib.Path], None] = small_tree) -> None:
        self._top = top
        self.options = {"path": str(top)}
        fill(top)

    def content(self) -> dict[str, t.Any]:
        return tree_content(self._top)

    @contextlib.contextmanager
    def restored(self, dumped: t.Sequence[Dumped], directory: pathlib.Path) -> t.Iterator[Copy]:
        (only,) = dumped
        assert run_words(only.stream.restore, only.file, directory, ODD_MOMENTS) == ""
        yield Copy(tree_content(directory), {"path": str(directory)})

    def fingerprint(self) -> dict[str, t.Any]:
        return {"content": tree_content(self._top), "beside": sorted(os.listdir(self._top.parent))}

    def read_only(self) -> contextlib.AbstractContextManager[None]:
        return as_stranger(self._top)


class FilesCase(EngineCase):
    name = "files"
    versions: t.Mapping[str, str] = {"Debian 12": "1.34", "Debian 13": "1.35"}
    hostile_names = HOSTILE_NAMES
    bad_options = (
        ({"path": "/srv/www", "follow": True}, "source"),
        ({"path": "srv/www"}, "source.path"),
        ({"path": "/srv/../etc"}, "source.path"),
        ({}, "source.path"),
        ({"path": "/srv/www", "exclude": "*.log"}, "source.exclude"),
        ({"path": "/srv/www", "exclude": ["ok", ""]}, "source.exclude[1]"),
        ({"path": "/srv/www", "exclude": ["a\nb"]}, "source.exclude[0]"),
        ({"path": "/srv/www", "exclude": ["../x"]}, "source.exclude[0]"),
        ({"path": "/srv/www", "exclude": ["*"]}, "source.exclude[0]"),
        ({"path": "/srv/www", "exclude": ["/"]}, "source.exclude[0]"),
        ({"path": "/srv/www", "exclude": [".*"]}, "source.exclude[0]"),
        ({"path": "/srv/www", "one_file_system": "maybe"}, "source.one_file_system"),
    )

    @contextlib.contextmanager
    def source(self, directory: pathlib.Path, name: str = "plain") -> t.Iterator[Source]:
        yield FilesSource(directory / name)

    @contextlib.contextmanager
    def full_source(self, directory: pathlib.Path) -> t.Iterator[Source]:
        yield FilesSource(directory / "full", full_tree)

    def missing(self, directory: pathlib.Path) -> t.Mapping[str, t.Any]:
        return {"path": str(directory / "nowhere")}
