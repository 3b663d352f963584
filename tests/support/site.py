# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A small site in a directory: a database, a tree, keys, and the configuration that backs them up."""

from __future__ import annotations

import contextlib
import hashlib
import os
import pathlib
import sqlite3
import stat
import subprocess
import time
import typing as t

from ansible_collections.nusantara.backup.plugins.module_utils._base._model import Site
from ansible_collections.nusantara.backup.plugins.module_utils._site._config import parse_site

AT = "2026-11-21T00:00:03+07:00"
NIGHT = "2026-11-20"
Options = dict[str, t.Any]


class AgeKey(t.NamedTuple):
    """A key pair; ``identity`` is the path of its secret half."""

    recipient: str
    identity: str


def age_key(directory: pathlib.Path, name: str = "identity") -> AgeKey:
    path = directory / name
    subprocess.run(["age-keygen", "-o", str(path)], check=True, capture_output=True)
    done = subprocess.run(["age-keygen", "-y", str(path)], check=True, capture_output=True, text=True)
    return AgeKey(done.stdout.strip(), str(path))


def make_database(path: pathlib.Path, rows: int = 20) -> pathlib.Path:
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE pegawai (nip TEXT PRIMARY KEY, nama TEXT)")
        people = [(f"{number:018}", f"Pegawai {number}") for number in range(rows)]
        connection.executemany("INSERT INTO pegawai VALUES (?, ?)", people)
        connection.commit()
    return path


def make_tree(path: pathlib.Path) -> pathlib.Path:
    (path / "halaman").mkdir(parents=True)
    (path / "halaman" / "index.html").write_text("<h1>Situs</h1>\n", encoding="ascii")
    (path / "tautan").symlink_to("halaman/index.html")
    return path


def site_options(place: pathlib.Path, **changes: t.Any) -> Options:
    """The options of a valid site that backs up one database, in clear."""
    return {
        "host": "db1",
        "store": str(place / "store"),
        "state": str(place / "state"),
        "encryption": "none",
        "sources": [{"name": "SIMPEG", "engine": "sqlite", "path": str(place / "simpeg.db")}],
        **changes,
    }


def make_site(place: pathlib.Path, **changes: t.Any) -> Site:
    return parse_site(site_options(place, **changes))


def tree_hash(root: pathlib.Path) -> str:
    """One hash over all names, modes, times of change and bytes below a directory."""
    parts = []
    for path in sorted([root, *root.rglob("*")]):
        seen = path.lstat()
        data = path.read_bytes() if stat.S_ISREG(seen.st_mode) else b""
        mark = hashlib.sha256(data).hexdigest()
        parts.append(f"{path} {seen.st_mode:o} {seen.st_mtime_ns} {mark}")
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def wait_until(condition: t.Callable[[], t.Any], seconds: float = 20, what: str = "") -> None:
    """Look until a condition holds; a fault of the code, and not of a slow machine, when it never does."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, what or "it never came to be"
        os.sched_yield()
        time.sleep(0.01)


def is_alive(pid: int) -> bool:
    """Whether a process runs; one that only waits to be reaped does not."""
    try:
        text = pathlib.Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False
    return text.rpartition(")")[2].split()[0] not in ("Z", "X")
