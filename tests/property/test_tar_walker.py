# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The walker agrees with other readers of tar on any archive, in any chunks, and refuses what was touched."""

from __future__ import annotations

import hashlib
import io
import os
import pathlib
import subprocess
import tarfile
import tempfile

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from ansible_collections.nusantara.backup.plugins.module_utils._base._errors import EngineError
from ansible_collections.nusantara.backup.plugins.module_utils._engines._files import (
    RECORD,
    FilesOptions,
    tar_arguments,
)
from ansible_collections.nusantara.backup.plugins.module_utils._engines._tarcheck import TarCheck
from ansible_collections.nusantara.backup.plugins.module_utils._engines._tardigest import Digests, shown_name

PIECE = st.binary(min_size=1, max_size=8).filter(lambda name: not set(name) & {0, 47} and name not in {b".", b".."})
NAMES = st.one_of(PIECE, st.builds(lambda name, more: name * more, PIECE, st.integers(1, 30)))
FORMATS = st.sampled_from([tarfile.PAX_FORMAT, tarfile.GNU_FORMAT])
KINDS = st.sampled_from([tarfile.REGTYPE, tarfile.DIRTYPE, tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE])
SPLITS = st.lists(st.integers(1, 3000), min_size=1, max_size=12)


@st.composite
def archives(draw: st.DrawFn) -> tuple[bytes, dict[str, int], list[tuple[str, str]]]:
    """An archive by Python's writer, what is in it, and the hashes of its files."""
    sink = io.BytesIO()
    totals = {"file": 0, "directory": 1, "symlink": 0, "hardlink": 0, "other": 0, "bytes": 0}
    hashes = []
    words = {
        tarfile.REGTYPE: "file",
        tarfile.DIRTYPE: "directory",
        tarfile.SYMTYPE: "symlink",
        tarfile.LNKTYPE: "hardlink",
        tarfile.FIFOTYPE: "other",
    }
    with tarfile.open(fileobj=sink, mode="w", format=draw(FORMATS), errors="surrogateescape") as archive:
        root = tarfile.TarInfo("./")
        root.type = tarfile.DIRTYPE
        archive.addfile(root)
        for name in draw(st.lists(st.lists(NAMES, min_size=1, max_size=8).map(b"/".join), max_size=8)):
            entry = tarfile.TarInfo(os.fsdecode(b"./" + name))
            entry.type = draw(KINDS)
            entry.mtime = draw(st.floats(0, 2e9))
            entry.uid = draw(st.integers(0, 2**32 - 2))
            if entry.type in {tarfile.SYMTYPE, tarfile.LNKTYPE}:
                entry.linkname = os.fsdecode(draw(NAMES) * draw(st.integers(1, 20)))
            content = draw(st.binary(max_size=1500)) * draw(st.integers(0, 3)) if entry.isreg() else b""
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
            totals[words[entry.type]] += 1
            totals["bytes"] += len(content)
            if entry.isreg():
                hashes.append((shown_name(os.fsencode(entry.name)), hashlib.sha256(content).hexdigest()))
    return sink.getvalue(), totals, hashes


def fed(check: TarCheck, data: bytes, splits: list[int]) -> TarCheck:
    start = turn = 0
    while start < len(data):
        step = splits[turn % len(splits)]
        check.feed(data[start : start + step])
        start += step
        turn += 1
    return check


@settings(max_examples=150)
@given(archives(), SPLITS)
def test_counts_and_hashes_are_those_that_were_written(
    made: tuple[bytes, dict[str, int], list[tuple[str, str]]], splits: list[int]
) -> None:
    data, totals, hashes = made
    digests = Digests()
    check = fed(TarCheck(tarfile.RECORDSIZE, digests), data, splits)
    check.finish()
    assert check.totals == totals
    assert [(item.name, item.digest) for item in digests.objects()] == hashes


@given(archives(), st.integers(0, 2**32), SPLITS)
def test_a_cut_archive_is_refused(
    made: tuple[bytes, dict[str, int], list[tuple[str, str]]], where: int, splits: list[int]
) -> None:
    """Pitfall: a truncated file stands at its final name."""
    data = made[0][: where % len(made[0])]
    with pytest.raises(EngineError) as caught:
        fed(TarCheck(tarfile.RECORDSIZE), data, splits).finish()
    assert caught.value.code == "engine.incomplete"


@given(archives())
def test_one_block_of_zeros_is_no_end_and_neither_is_an_entry_behind_it(
    made: tuple[bytes, dict[str, int], list[tuple[str, str]]],
) -> None:
    data = made[0].rstrip(b"\0")
    whole = data + bytes(-len(data) % 512)
    for wrong in (whole, whole + bytes(512), whole + bytes(512) + whole + bytes(1024)):
        with pytest.raises(EngineError):
            fed(TarCheck(512), wrong, [4096]).finish()


def test_an_archive_without_its_tree_is_refused() -> None:
    """A pattern that left out everything would make an archive that is whole and holds nothing."""
    for data in (bytes(1024), _archive_of("elsewhere")):
        with pytest.raises(EngineError, match="tree"):
            fed(TarCheck(512), data, [4096]).finish()


def test_sizes_beyond_what_octal_digits_hold() -> None:
    """Nine GiB in one file, by a pax header and in base 256; skipped, not read."""
    size = 9 << 30
    zeros = memoryview(bytes(64 << 20))
    for form in (tarfile.PAX_FORMAT, tarfile.GNU_FORMAT):
        root, entry = tarfile.TarInfo("./"), tarfile.TarInfo("./large")
        root.type, entry.size = tarfile.DIRTYPE, size
        check = TarCheck(512)
        check.feed(root.tobuf(form) + entry.tobuf(form))
        for _part in range(size // len(zeros)):
            check.feed(zeros)
        check.feed(bytes(1024))
        check.finish()
        assert check.totals["bytes"] == size


def _archive_of(name: str) -> bytes:
    return tarfile.TarInfo(name).tobuf() + bytes(1024)


@given(archives(), st.integers(0, 511), st.integers(1, 255))
def test_a_header_with_one_byte_changed_is_refused(
    made: tuple[bytes, dict[str, int], list[tuple[str, str]]], where: int, change: int
) -> None:
    data = bytearray(made[0])
    data[where] ^= change
    # Zeros and blanks around the digits of the checksum itself may stand for one another.
    assume(not 148 <= where < 156 or _other_sum(bytes(made[0][148:156]), bytes(data[148:156])))
    with pytest.raises(EngineError):
        fed(TarCheck(tarfile.RECORDSIZE), bytes(data), [10240]).finish()


def _other_sum(first: bytes, second: bytes) -> bool:
    return first.strip(b" \0") != second.strip(b" \0")


@st.composite
def trees(draw: st.DrawFn) -> list[tuple[bytes, int, list[tuple[int, bytes]]]]:
    """Files with holes: name, size, pieces of data."""
    return [
        (name, draw(st.integers(0, 400_000)), draw(st.lists(st.tuples(st.integers(0, 399_000), st.binary(min_size=1)))))
        for name in draw(st.lists(NAMES, max_size=5, unique=True))
        if len(name) < 240
    ]


@settings(max_examples=40)
@given(trees(), SPLITS, st.sampled_from(["posix", "gnu", "posix-0.0", "posix-0.1"]))
def test_sparse_files_by_gnu_tar_in_each_of_its_formats(
    files: list[tuple[bytes, int, list[tuple[int, bytes]]]], splits: list[int], form: str
) -> None:
    name, _dash, version = form.partition("-")
    with tempfile.TemporaryDirectory() as top:
        expected = {}
        for file, size, pieces in files:
            path = os.path.join(os.fsencode(top), file)
            with open(path, "wb") as sink:
                sink.truncate(size)
                for offset, piece in pieces:
                    sink.seek(offset)
                    sink.write(piece)
            content = pathlib.Path(os.fsdecode(path)).read_bytes()
            expected[shown_name(file)] = (len(content), hashlib.sha256(content).hexdigest())
        words = [word for word in tar_arguments(FilesOptions(top)) if not word.startswith(("--format", "--pax"))]
        words += [f"--format={name}", *([f"--sparse-version={version}"] if version else [])]
        if name == "gnu":
            words = [word for word in words if "attr" not in word and "acl" not in word]
        done = subprocess.run(["tar", "-cf", "-", *words, "."], capture_output=True, check=True)
    digests = Digests()
    check = fed(TarCheck(RECORD, digests), done.stdout, splits)
    check.finish()
    assert check.totals["file"] == len(expected)
    assert check.totals["bytes"] == sum(size for size, _hash in expected.values())
    found = {item.name: item.digest for item in digests.objects()}
    assert found.keys() == expected.keys()
    assert all(digest in {None, expected[file][1]} for file, digest in found.items())
    if form == "posix":
        assert None not in found.values()
