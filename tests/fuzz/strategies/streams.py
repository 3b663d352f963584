# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Plain streams: whole ones of each kind, cut, altered and doubled, and what is none at all."""

from __future__ import annotations

import io
import tarfile
import typing as t

from hypothesis import strategies as st
from tests.support.pgdump_archive import VERSIONS, Blobs, Other, Table, archive

from .text import TEXT, torn

_RECORD = 128 * 512


def _tar(members: t.Sequence[tuple[str, bytes, int]], form: int) -> bytes:
    sink = io.BytesIO()
    with tarfile.open(fileobj=sink, mode="w", format=form, errors="surrogateescape") as made:
        root = tarfile.TarInfo("./")
        root.type = tarfile.DIRTYPE
        made.addfile(root)
        for name, data, mtime in members:
            entry = tarfile.TarInfo("./" + name)
            entry.size, entry.mtime = len(data), mtime
            made.addfile(entry, io.BytesIO(data))
    raw = sink.getvalue()
    return raw + bytes(-len(raw) % _RECORD)


_MEMBERS = st.lists(
    st.tuples(st.text("abc/é.", min_size=1, max_size=130), st.binary(max_size=600), st.integers(0, 2**32)), max_size=4
)
TARS = st.builds(_tar, _MEMBERS, st.sampled_from([tarfile.PAX_FORMAT, tarfile.GNU_FORMAT, tarfile.USTAR_FORMAT]))


def _header(fields: t.Mapping[int, bytes], flag: bytes, data: bytes) -> bytes:
    """One header with its checksum right, whatever stands in it."""
    block = bytearray(512)
    block[:2] = b"./"
    block[257:265] = b"ustar\x0000"
    block[156:157] = flag
    for at, value in fields.items():
        block[at : at + len(value)] = value
    block[148:156] = b" " * 8
    block[148:156] = b"%06o\0 " % sum(block)
    return bytes(block) + data + bytes(-len(data) % 512)


_NUMBER = st.one_of(
    st.sampled_from(
        [b"-1", b"-1000", b"+7", b"0x7", b"1_0", b"7777777777 ", b"\x80" + b"\xff" * 11, b"\xff" * 12, b""]
    ),
    st.binary(max_size=12),
)
_PAX = st.sampled_from(
    [
        b"11 size=-1\n",
        b"20 size=99999999999\n",
        b"30 GNU.sparse.realsize=99999\n",
        b"22 GNU.sparse.major=1\n",
        b"0 =\n",
        b"-5 a=b\n",
        b"99999999999999999999 a=b\n",
        b"6 a=b\n6 a=b\n",
    ]
)
_HEADERS = st.lists(
    st.builds(
        _header,
        st.dictionaries(st.sampled_from([124, 148, 345, 482, 483, 386, 100]), _NUMBER, max_size=3),
        st.sampled_from([b"0", b"S", b"x", b"g", b"L", b"K", b"5", b"\0", b"V"]),
        st.one_of(_PAX, st.binary(max_size=40)),
    ),
    max_size=4,
).map(b"".join)
_LONG = st.just(5_000).map(b"9".__mul__)
_SPARSE = st.builds(
    lambda count, numbers: b"\n".join([count, *numbers]) + b"\n",
    st.one_of(st.sampled_from([b"1", b"2", b"0", b"9" * 30, b"x"]), _LONG),
    st.lists(st.one_of(st.sampled_from([b"0", b"512", b"9" * 18, b"-1"]), _LONG), max_size=4),
)


def _sparse(chart: bytes, real: bytes) -> bytes:
    """An archive that holds one sparse file of GNU's form 1.0."""
    chart += bytes(-len(chart) % 512)
    words = {b"GNU.sparse.major": b"1", b"GNU.sparse.minor": b"0", b"GNU.sparse.realsize": real}
    records = b""
    for key, value in words.items():
        body = b" " + key + b"=" + value + b"\n"
        size = len(body) + 2
        records += b"%d" % size + body
    root = _header({}, b"5", b"")
    pax = _header({124: b"%011o\0" % len(records)}, b"x", records)
    raw = root + pax + _header({124: b"%011o\0" % len(chart)}, b"0", chart) + bytes(1024)
    return raw + bytes(-len(raw) % _RECORD)


SPARSE = st.builds(_sparse, _SPARSE, st.sampled_from([b"0", b"512", b"1000000", b"9" * 18]))
_WORD = st.text("abcdefg.", min_size=1, max_size=20)
_ENTRIES = st.lists(
    st.one_of(
        st.builds(
            Table,
            _WORD,
            st.lists(st.binary(max_size=40).map(lambda row: row.replace(b"\0", b"") + b"\n"), max_size=3).map(tuple),
        ),
        st.builds(
            Blobs,
            st.lists(
                st.tuples(st.integers(1, 9), st.lists(st.binary(min_size=1, max_size=50), max_size=2).map(tuple)),
                max_size=2,
            ).map(tuple),
        ),
        st.builds(Other, st.just("SEQUENCE SET"), _WORD, st.just("SELECT setval('a.b', 7, true);")),
    ),
    max_size=4,
)
ARCHIVES = st.builds(archive, _ENTRIES, st.sampled_from(VERSIONS))
_SETTINGS = b"".join(b"/*!40101 SET A%s=@OLD_A%s */;\n" % (mark, mark) for mark in (b"A", b"B", b"C", b"D"))
MARIADB = st.builds(
    lambda name, rows: (
        b"-- MariaDB dump 10.19  Distrib 10.11.6-MariaDB\n--\n\n-- Current Database: `simpeg`\n\n"
        b"-- Dumping data for table `"
        + name
        + b"`\nINSERT INTO x VALUES ("
        + rows
        + b");\n\n"
        + _SETTINGS
        + b"\n-- Dump completed\n"
    ),
    TEXT.map(lambda text: text[:50].encode("utf-8", "replace").replace(b"\n", b"")),
    st.binary(max_size=60),
)
GLOBALS = st.just(
    b"--\n-- PostgreSQL database cluster dump\n--\n\nCREATE ROLE a;\n"
    b"\n--\n-- PostgreSQL database cluster dump complete\n--\n\n"
)
SQLITE = st.builds(
    lambda size, pages: b"SQLite format 3\x00" + size + bytes(10) + pages + bytes(70) + bytes(1000),
    st.sampled_from([b"\x10\x00", b"\x00\x01", b"\x00\x00", b"\x02\x00", b"\xff\xff"]),
    st.binary(min_size=4, max_size=4),
)
WHOLE = st.one_of(TARS, SPARSE, ARCHIVES, MARIADB, GLOBALS, SQLITE)
STREAMS = st.one_of(
    WHOLE, torn(TARS), torn(SPARSE), torn(ARCHIVES), torn(MARIADB), torn(GLOBALS), _HEADERS, st.binary(max_size=2000)
)
