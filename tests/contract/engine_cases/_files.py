# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Source trees in the contract suite."""

from __future__ import annotations

import contextlib
import os
import pathlib
import stat
import subprocess
import typing as t

from ._case import Dumped, EngineCase, Source
from ._support import HOSTILE_NAMES, as_stranger, run_words

SPARSE_SIZE = 3 << 20


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
            detail = (path.read_bytes(), first, {key: os.getxattr(path, key) for key in sorted(os.listxattr(path))})
        elif stat.S_ISLNK(info.st_mode):
            detail = os.readlink(path)
        found[name] = (kind, stat.S_IMODE(info.st_mode), info.st_uid, info.st_gid, info.st_mtime_ns, detail)
    return found


class FilesSource(Source):
    totals: t.Mapping[str, int] = {"file": 7, "directory": 3, "symlink": 2, "hardlink": 1, "other": 1}

    def __init__(self, top: pathlib.Path) -> None:
        self._top = top
        self.options = {"path": str(top)}
        (top / "sub" / ("deep" * 30)).mkdir(parents=True)
        (top / "index.php").write_text("<?php echo 'halo';\n")
        (top / "empty").touch()
        (top / "sub" / "large").write_bytes(os.urandom(300_000))
        (top / "sub" / ("deep" * 30) / ("n" * 200)).write_text("long name\n")
        (top / "-rf new\nline").write_text("hostile\n")
        os.link(top / "index.php", top / "sub" / "zz-hard")
        (top / "link").symlink_to("index.php")
        (top / "dangling").symlink_to("../" + "x" * 150)
        os.mkfifo(top / "pipe")
        with (top / "sparse").open("wb") as sparse:
            sparse.truncate(SPARSE_SIZE)
            sparse.seek(SPARSE_SIZE // 2)
            sparse.write(b"in the middle")
        marked = top / "marked"
        marked.write_text("with attributes\n")
        os.setxattr(marked, "user.origin", b"a\x00b\nc")
        subprocess.run(["setfacl", "-m", "u:daemon:r,g:games:rw", str(marked)], check=True)
        # Owners without an account on this machine, as on a host that takes over from another one.
        if os.geteuid() == 0:
            os.chown(top / "sub", 54321, 54322)
            os.chown(top / "sub" / "large", 54323, 54324)
            os.chown(top / "link", 54325, 54326, follow_symlinks=False)
        (top / "index.php").chmod(0o4751)
        os.utime(top / "index.php", ns=(1_500_000_000_123_456_789, 1_500_000_000_123_456_789))

    def content(self) -> dict[str, t.Any]:
        return tree_content(self._top)

    def restore(self, dumped: t.Sequence[Dumped], directory: pathlib.Path) -> dict[str, t.Any]:
        (only,) = dumped
        assert run_words(only.stream.restore, only.file, directory) == ""
        return tree_content(directory)

    def fingerprint(self) -> dict[str, t.Any]:
        return {"content": tree_content(self._top), "beside": sorted(os.listdir(self._top.parent))}

    def read_only(self) -> contextlib.AbstractContextManager[None]:
        return as_stranger(self._top)


class FilesCase(EngineCase):
    name = "files"
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

    def missing(self, directory: pathlib.Path) -> t.Mapping[str, t.Any]:
        return {"path": str(directory / "nowhere")}
