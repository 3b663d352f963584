# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One header of a tar archive: ustar, pax and GNU forms, as far as walking over them asks."""

from __future__ import annotations

import dataclasses
import typing as t
import zlib

from .._base._errors import EngineError

BLOCK = 512
ZERO_BLOCK = bytes(BLOCK)
# Larger than any file that there is, and small enough for every kind of arithmetic.
LARGEST = 1 << 60
MOST_DIGITS = 18
_OCTAL = frozenset(b"01234567")
_SPACES = 8 * ord(" ")
_MAGIC = (b"ustar\x0000", b"ustar  \x00")

# By type flag; what is not here counts as "other" (P16.4: what lies in a backup can be told).
KINDS: t.Mapping[bytes, str] = {
    b"0": "file",
    b"\0": "file",
    b"7": "file",
    b"S": "file",
    b"1": "hardlink",
    b"2": "symlink",
    b"5": "directory",
    b"D": "directory",
}
PAX, PAX_GLOBAL, LONG_NAME, LONG_LINK, OLD_SPARSE = b"x", b"g", b"L", b"K", b"S"


@dataclasses.dataclass(frozen=True)
class Header:
    """What stands in one header block. ``size`` is of the data that follow, ``name`` as it stands there."""

    flag: bytes
    size: int
    name: bytes
    extended: bool = False
    real_size: int | None = None


def broken(where: int, what: str) -> EngineError:
    """The error of an archive that is not whole, with the offset in the plain stream."""
    return EngineError(
        f"The tar archive is not complete: {what} at byte {where}",
        "The dump was not published; run it again, and look at the disk and the memory of the host if it happens again",
        code="engine.incomplete",
    )


def read_header(block: bytes, where: int) -> Header:
    """Read a block of 512 bytes, or raise ``EngineError`` (``engine.incomplete``)."""
    if block[257:265] not in _MAGIC:
        raise broken(where, "no tar header where one must be")
    if _sum(block) != number(block[148:156], where):
        raise broken(where, "a header with a wrong checksum")
    flag = block[156:157]
    name = block[:100].split(b"\0", 1)[0]
    if block[257:265] == _MAGIC[0] and block[345] and flag != OLD_SPARSE:
        name = block[345:500].split(b"\0", 1)[0] + b"/" + name
    sparse = flag == OLD_SPARSE
    return Header(
        flag=flag,
        size=number(block[124:136], where),
        name=name,
        extended=sparse and block[482] == 1,
        real_size=number(block[483:495], where) if sparse else None,
    )


def number(field: bytes, where: int) -> int:
    """A numeric field: octal digits, or GNU's base 256 for what is too large for them."""
    if field[0] == 0x80:
        value = int.from_bytes(field[1:], "big")
    else:
        digits = field.strip(b" \0")
        # Python would take signs and underscores, too, and a size below zero would lead us back for ever.
        if not _OCTAL.issuperset(digits):
            raise broken(where, "a header with a damaged number")
        value = int(digits, 8) if digits else 0
    if value > LARGEST:
        raise broken(where, "a header with a damaged number")
    return value


def read_pax(data: bytes, where: int) -> dict[bytes, bytes]:
    """The records ``LENGTH KEY=VALUE\\n`` of an extended header."""
    records: dict[bytes, bytes] = {}
    position = 0
    while position < len(data):
        space = data.find(b" ", position, position + 20)
        digits = data[position:space] if space > 0 else b""
        end = position + int(digits) if digits.isdigit() else 0
        if end <= space + 1 or data[end - 1 : end] != b"\n":
            raise broken(where, "a damaged extended header")
        key, equals, value = data[space + 1 : end - 1].partition(b"=")
        if not equals:
            raise broken(where, "a damaged extended header")
        records[key] = value
        position = end
    return records


def decimal(records: t.Mapping[bytes, bytes], key: bytes, where: int) -> int | None:
    """A whole number out of extended records; None where it is absent."""
    value = records.get(key)
    if value is None:
        return None
    if not value.isdigit() or len(value) > MOST_DIGITS:
        raise broken(where, f"a damaged {key.decode()} in an extended header")
    return int(value)


def _sum(block: bytes) -> int:
    # The low half of Adler-32 is a sum of bytes, exact while it stays below 65521, as for 256 bytes it must;
    # it takes a twentieth of the time of sum().
    first = zlib.adler32(block[:256]) & 0xFFFF
    second = zlib.adler32(block[256:]) & 0xFFFF
    return first + second - 2 - sum(block[148:156]) + _SPACES
