# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Archives that no tar writes: each is refused with its place, and none is called complete."""

from __future__ import annotations

import hashlib
import tarfile
import typing as t

import pytest

from ansible_collections.nusantara.backup.plugins.module_utils._base._errors import EngineError
from ansible_collections.nusantara.backup.plugins.module_utils._engines._tarcheck import META_LIMIT, TarCheck
from ansible_collections.nusantara.backup.plugins.module_utils._engines._tardigest import Digests
from ansible_collections.nusantara.backup.plugins.module_utils._engines._tarheader import (
    BLOCK,
    decimal,
    number,
    read_header,
    read_pax,
)

END = bytes(2 * BLOCK)
GLOBAL = b"g"


def block(name: str, kind: bytes = tarfile.REGTYPE, size: int = 0, field: bytes = b"") -> bytes:
    """One header, its checksum right; ``field`` replaces the twelve bytes of the size."""
    made = tarfile.TarInfo(name)
    made.type, made.size = kind, size
    raw = bytearray(made.tobuf(tarfile.USTAR_FORMAT)[:BLOCK])
    if field:
        raw[124:136] = field
    raw[148:156] = b" " * 8
    raw[148:156] = b"%06o\0 " % sum(raw)
    return bytes(raw)


def padded(data: bytes) -> bytes:
    return data + bytes(-len(data) % BLOCK)


def record(key: str, value: str) -> bytes:
    """``LENGTH KEY=VALUE`` with its own length in it."""
    rest = f" {key}={value}\n".encode()
    length = len(rest) + 1
    while length != len(str(length)) + len(rest):
        length = len(str(length)) + len(rest)
    return str(length).encode() + rest


def extended(*records: bytes, kind: bytes = tarfile.XHDTYPE) -> bytes:
    data = b"".join(records)
    return block("././@PaxHeader", kind, len(data)) + padded(data)


ROOT = block("./", tarfile.DIRTYPE)


def walked(data: bytes, digests: Digests | None = None) -> TarCheck:
    check = TarCheck(BLOCK, digests)
    check.feed(data)
    check.finish()
    return check


def test_a_whole_archive_is_counted() -> None:
    file = block("./a", size=5) + padded(b"hello")
    check = walked(ROOT + extended(record("comment", "x"), kind=GLOBAL) + file + END)
    assert (check.totals["file"], check.totals["directory"], check.totals["bytes"]) == (1, 1, 5)


DAMAGED: dict[str, tuple[bytes, str]] = {
    "bytes behind the end": (ROOT + END + b"x" * BLOCK, "bytes after its end at byte 1536"),
    "an extended header alone": (
        ROOT + extended(record("path", "./a")) + END,
        "an extended header without its entry at byte 1536",
    ),
    "a long name alone": (
        ROOT + block("././@LongLink", b"L", 4) + padded(b"./a\0") + END,
        "an extended header without its entry at byte 1536",
    ),
    "an entry behind zeros": (ROOT + bytes(BLOCK) + ROOT + END, "an entry behind a block of zeros at byte 1024"),
    "an empty extended header": (ROOT + block("x", b"x"), "an extended header of 0 bytes at byte 512"),
    "a huge extended header": (
        ROOT + block("x", b"x", META_LIMIT + 1),
        f"an extended header of {META_LIMIT + 1} bytes at byte 512",
    ),
    "a first entry that is not the tree": (block("./a") + END, "the tree itself is not its first entry at byte 0"),
    "a damaged size": (ROOT + block("./a", field=b"0000000009\0\0"), "a header with a damaged number at byte 512"),
    "no header": (ROOT + b"x" * BLOCK, "no tar header where one must be at byte 512"),
    "a wrong checksum": (
        ROOT + block("./a").replace(b"./a", b"./b"),
        "a header with a wrong checksum at byte 512",
    ),
    "a record without its length": (ROOT + extended(b"path=./a\n") + END, "a damaged extended header at byte 1024"),
    "a record of no length": (ROOT + extended(b"0 path=./a\n") + END, "a damaged extended header at byte 1024"),
    "a record that is cut": (ROOT + extended(b"99 path=./a\n") + END, "a damaged extended header at byte 1024"),
    "a record without a value": (ROOT + extended(b"8 path\n\n") + END, "a damaged extended header at byte 1024"),
    "a global record that is cut": (
        ROOT + extended(b"99 path=./a\n", kind=GLOBAL) + END,
        "a damaged extended header at byte 1024",
    ),
    "a size that is no number": (
        ROOT + extended(record("size", "-5")) + block("./a") + END,
        "a damaged size in an extended header",
    ),
}


@pytest.mark.parametrize("damage", list(DAMAGED))
def test_what_is_wrong_is_told_with_its_place(damage: str) -> None:
    data, words = DAMAGED[damage]
    with pytest.raises(EngineError) as caught:
        walked(data)
    assert caught.value.code == "engine.incomplete"
    assert words in caught.value.what


def test_sizes_too_large_for_octal_digits_are_read() -> None:
    large = 9 << 30
    header = read_header(block("./a", field=b"\x80" + large.to_bytes(11, "big")), 0)
    assert header.size == large
    assert number(b"\0" * 12, 0) == 0
    assert number(b" 17 \0", 0) == 15


def test_a_long_path_is_put_together() -> None:
    made = tarfile.TarInfo("a/" * 60 + "b")
    assert read_header(made.tobuf(tarfile.USTAR_FORMAT)[:BLOCK], 0).name == b"a/" * 60 + b"b"


def test_records_are_read_whole_and_the_last_of_a_key_holds() -> None:
    found = read_pax(record("path", "./é") + record("size", "7") + record("size", "8"), 0)
    assert found == {b"path": "./é".encode(), b"size": b"8"}
    assert decimal(found, b"size", 0) == 8
    assert decimal(found, b"absent", 0) is None


def sparse(name: str, content: bytes, real: int) -> bytes:
    """A member in GNU's sparse format 1.0; ``content`` begins with its map."""
    records = [
        record("GNU.sparse.major", "1"),
        record("GNU.sparse.minor", "0"),
        record("GNU.sparse.name", name),
        record("GNU.sparse.realsize", str(real)),
    ]
    return extended(*records) + block("GNUSparseFile/a", size=len(content)) + padded(content)


def digests_of(*members: bytes, limit: int = 10) -> dict[str, str | None]:
    digests = Digests(limit)
    walked(ROOT + b"".join(members) + END, digests)
    return {entry.name: entry.digest for entry in digests.objects()}


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def test_a_sparse_file_has_the_digest_of_what_is_restored() -> None:
    content = padded(b"2\n3\n2\n8\n1\n") + b"abc"
    assert digests_of(sparse("./s", content, 12)) == {"s": sha256(b"\0\0\0ab\0\0\0c\0\0\0")}


@pytest.mark.parametrize(
    ("content", "real"),
    [
        (padded(b"x\n"), 4),
        (padded(b"1\nx\n2\n") + b"ab", 4),
        (padded(b"1\n0\n2\n") + b"abcd", 4),
        (padded(b"1\n0\n9\n") + b"ab", 4),
        (padded(b"1\n3\n2\n") + b"ab", 4),
        (b"1\n0", 4),
        (b"9" * (1 << 21), 4),
    ],
    ids=["no map", "no number", "too much", "too little", "behind the end", "cut", "endless"],
)
def test_a_map_that_does_not_fit_gives_no_digest_and_no_error(content: bytes, real: int) -> None:
    """Whether tar can restore it, tar must say; a wrong digest would say too much."""
    assert digests_of(sparse("./s", content, real)) == {"s": None}


def test_more_files_than_the_limit_have_no_digests_at_all() -> None:
    members = [block(f"./{number}", size=1) + padded(b"x") for number in range(3)]
    assert digests_of(*members, limit=3) == {str(number): sha256(b"x") for number in range(3)}
    assert digests_of(*members, limit=2) == {}


def test_an_old_sparse_member_has_no_digest() -> None:
    raw = bytearray(block("./s", b"S", 512))
    raw[257:265] = b"ustar  \0"
    raw[483:495] = b"00000001000\0"
    raw[148:156] = b" " * 8
    raw[148:156] = b"%06o\0 " % sum(raw)
    assert digests_of(bytes(raw) + bytes(512)) == {"s": None}


def test_names_that_are_no_text_are_escaped() -> None:
    data = block("./a").replace(b"./a\0", b"./\xff\0")
    fixed = bytearray(data)
    fixed[148:156] = b" " * 8
    fixed[148:156] = b"%06o\0 " % sum(fixed)
    assert list(digests_of(bytes(fixed))) == ["\\xff"]


def restored(mapping: t.Sequence[tuple[int, bytes]], real: int) -> bytes:
    """What a sparse file is when it is written out."""
    whole = bytearray(real)
    for offset, data in mapping:
        whole[offset : offset + len(data)] = data
    return bytes(whole)


def test_a_sparse_file_that_ends_in_a_hole_and_one_that_is_all_hole() -> None:
    ends = padded(b"1\n0\n2\n") + b"ab"
    assert digests_of(sparse("./s", ends, 5000)) == {"s": sha256(restored([(0, b"ab")], 5000))}
    assert digests_of(sparse("./h", padded(b"0\n"), 700)) == {"h": sha256(bytes(700))}
