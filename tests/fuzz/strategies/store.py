# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whole directories: sets beside everything that is none, of every type that a file system knows."""

from __future__ import annotations

import functools
import os
import pathlib
import socket
import typing as t

from hypothesis import strategies as st

from .papers import DOCUMENTS, ENDINGS, MANIFESTS, NAMES, SIGNATURES, SOURCE, document, encoded
from .text import ANY_TEXT, spoiled

KINDS = ("file", "empty", "directory", "link", "loop", "dangling", "fifo", "socket", "sparse", "closed")
_PIECE = ANY_TEXT.filter(lambda text: text not in ("", ".", "..") and not {"/", "\x00"} & set(text))
_ODD_NAMES = st.one_of(
    st.sampled_from([b"\xff\xfe", b"\x1b[2J", b"a\nb", b"-rf", b" ", b"x" * 255, b"lost+found", b"SIMPEG", b"simpeg"]),
    st.sampled_from([b".nusantara-backup-medium", b"Presensi", b"verified.json", b"journal.jsonl", b"locks"]),
    _PIECE.map(lambda text: text.encode("utf-8", "surrogateescape" if text.isascii() else "replace")[:255]),
)


def _good(name: str) -> st.SearchStrategy[list[tuple[bytes, str, bytes]]]:
    return st.lists(st.sampled_from(ENDINGS[:4]), min_size=1, max_size=2).map(
        lambda tails: [
            (f"{name}.manifest.json".encode(), "file", encoded(document(name, tails))),
            *((f"{name}.{tail}".encode(), "file", tail.encode()) for tail in dict.fromkeys(tails)),
        ]
    )


@functools.lru_cache(None)
def _sets(name: str) -> st.SearchStrategy[list[tuple[bytes, str, bytes]]]:
    """What may lie in the directory of a set."""
    odd = st.one_of(DOCUMENTS, spoiled(DOCUMENTS, 1)).map(encoded)
    whole = st.tuples(st.just(f"{name}.manifest.json".encode()), st.just("file"), odd)
    paper = st.tuples(st.just(f"{name}.manifest.json".encode()), st.sampled_from(KINDS), MANIFESTS)
    signature = st.tuples(st.just(f"{name}.manifest.json.sig".encode()), st.sampled_from(KINDS), SIGNATURES)
    artifact = st.tuples(
        st.sampled_from(ENDINGS).map(lambda tail: f"{name}.{tail}".encode()),
        st.sampled_from(KINDS),
        st.binary(max_size=40),
    )
    stranger = st.tuples(_ODD_NAMES, st.sampled_from(KINDS), st.binary(max_size=10))
    more = st.lists(st.one_of(paper, signature, artifact, stranger), max_size=4)
    return st.builds(
        lambda one, two: [*one, *two],
        st.one_of(st.just([]), _good(name), st.lists(whole, min_size=1, max_size=1)),
        more,
    )


@st.composite
def stores(draw: st.DrawFn) -> list[tuple[bytes, str, bytes]]:
    """What lies in a store: path, kind, content. A later one of the same path does not come to be."""
    found: list[tuple[bytes, str, bytes]] = []
    if draw(st.integers(0, 2)) == 0:
        place = f"{SOURCE}/{NAMES[0]}/".encode()
        found += [(place + entry, kind, data) for entry, kind, data in draw(_good(NAMES[0]))]
    for name in draw(st.lists(st.sampled_from(NAMES), unique=True, max_size=2)):
        place = f"{SOURCE}/{name}{draw(st.sampled_from(['', '', '', '.part']))}/".encode()
        found += [(place + entry, kind, data) for entry, kind, data in draw(_sets(name))]
    for _number in range(draw(st.integers(0, 3))):
        above = draw(st.sampled_from([b"", SOURCE.encode() + b"/", SOURCE.encode() + b"/" + NAMES[0].encode() + b"/"]))
        found.append((above + draw(_ODD_NAMES), draw(st.sampled_from(KINDS)), draw(st.binary(max_size=20))))
    return found


def build(root: pathlib.Path, entries: t.Sequence[tuple[bytes, str, bytes]]) -> None:
    """Make the entries below a directory; what cannot be made, for another stands there, is left out."""
    base = os.fsencode(root)
    for name, kind, data in entries:
        path = os.path.join(base, name)
        try:
            os.makedirs(os.path.dirname(path), exist_ok=True)
            _MAKERS[kind](path, data)
        except OSError:
            continue


def fingerprint(root: pathlib.Path) -> list[tuple[t.Any, ...]]:
    """All names, types, modes, sizes and times of change below a directory."""
    found = []
    for directory, below, files in os.walk(os.fsencode(root)):
        for name in sorted([b".", *below, *files]):
            seen = os.lstat(os.path.join(directory, name))
            found.append((directory, name, seen.st_mode, seen.st_size, seen.st_mtime_ns, seen.st_ino))
    return sorted(found)


def _file(path: bytes, data: bytes) -> None:
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as stream:
        stream.write(data)


def _sparse(path: bytes, _data: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    os.ftruncate(descriptor, 1 << 40)
    os.close(descriptor)


def _socket(path: bytes, _data: bytes) -> None:
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(path)


def _closed(path: bytes, data: bytes) -> None:
    _file(path, data)
    os.chmod(path, 0)


_MAKERS: t.Mapping[str, t.Callable[[bytes, bytes], None]] = {
    "file": _file,
    "empty": lambda path, _data: _file(path, b""),
    "directory": lambda path, _data: os.mkdir(path),
    "link": lambda path, _data: os.symlink(b"/etc/passwd", path),
    "loop": lambda path, _data: os.symlink(path, path),
    "dangling": lambda path, _data: os.symlink(b"nowhere", path),
    "fifo": lambda path, _data: os.mkfifo(path),
    "socket": _socket,
    "sparse": _sparse,
    "closed": _closed,
}
