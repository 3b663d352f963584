# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Pitfall: a truncated dump stands at its final name. The plain stream itself says whether it is whole."""

from __future__ import annotations

import copy
import tracemalloc

import pytest
from tests.support.pgdump_archive import VERSIONS, Blobs, Entry, Other, Table, archive

from ansible_collections.nusantara.backup.plugins.module_utils._base._errors import EngineError
from ansible_collections.nusantara.backup.plugins.module_utils._engines._postgresql._archive import ArchiveCheck
from ansible_collections.nusantara.backup.plugins.module_utils._engines._postgresql._text import GlobalsCheck

ENTRIES: tuple[Entry, ...] = (
    Other("TABLE", "pegawai", "CREATE TABLE pegawai ();"),
    Table("pegawai", (b"1\tBudi\n", b"x" * 255 + b"\n", b"y" * 65535 + b"\n", b"\\.\n\n\n")),
    Table("kosong", ()),
    Blobs(((16400, (b"\0" * 300, b"\x01\0\0\0\0\0")), (4_000_000_000 - (1 << 32), ()), (16401, (b"z",)))),
    Table("akhir", (b"9\n",)),
    Other("SEQUENCE SET", "urut", "SELECT pg_catalog.setval('public.urut', 41, true);"),
)


def check(data: bytes, size: int = 1 << 16) -> ArchiveCheck:
    made = ArchiveCheck()
    for start in range(0, len(data), size):
        made.feed(data[start : start + size])
    made.finish()
    return made


def refused(data: bytes, size: int = 1 << 16) -> EngineError:
    with pytest.raises(EngineError) as caught:
        check(data, size)
    return caught.value


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("size", [1, 2, 5, 6, 11, 97, 65536, 1 << 20])
def test_whole_archive_passes_in_chunks_of_any_size(version: tuple[int, int], size: int) -> None:
    made = check(archive(ENTRIES, version), size)
    assert made.contents.version == version
    assert [entry.name for entry in made.contents.entries] == [
        "public.pegawai",
        "public.kosong",
        "public.BLOBS",
        "public.akhir",
    ]
    assert made.contents.sequences == {"public.urut": "41,true"}


@pytest.mark.parametrize("version", VERSIONS)
def test_every_truncation_is_refused(version: tuple[int, int]) -> None:
    data = archive((*ENTRIES[:2], Table("pegawai", (b"1\tBudi\n",)), *ENTRIES[2:]), version)
    cuts = {*range(2500), *range(len(data) - 500, len(data)), *range(0, len(data), 997)}
    for cut in sorted(cuts):
        assert refused(data[:cut], 4096).code == "engine.incomplete"


def test_the_message_names_the_table_in_which_it_ends() -> None:
    data = archive(ENTRIES)
    problem = refused(data[: data.index(b"Budi")])
    assert "within the data of 'public.pegawai'" in problem.what
    assert problem.remedy


@pytest.mark.parametrize("more", [b"\0", b"x", archive(ENTRIES)])
@pytest.mark.parametrize("size", [1, 65536])
def test_bytes_behind_the_end_are_refused(more: bytes, size: int) -> None:
    assert "behind its end" in refused(archive(ENTRIES) + more, size).what


def test_blocks_in_another_order_are_refused() -> None:
    one, other = Table("a", (b"1\n",)), Table("b", (b"2\n",))
    data = archive((one, other))
    swapped = data.replace(b"\x01\0\xb8\x0b\0\0", b"?" * 6).replace(b"\x01\0\xb7\x0b\0\0", b"\x01\0\xb8\x0b\0\0")
    assert swapped != data
    assert refused(swapped.replace(b"?" * 6, b"\x01\0\xb7\x0b\0\0")).code == "engine.incomplete"


def test_a_block_that_is_missing_is_refused() -> None:
    data = archive((Table("a", (b"1\n",)), Table("b", (b"2\n",))))
    assert (
        "stands where block" in refused(data.replace(b"\x01\0\xb8\x0b\0\0\0\x02\0\0\0" + b"1\n" + bytes(5), b"")).what
    )


@pytest.mark.parametrize("version", [(1, 13), (1, 17), (2, 0)])
def test_versions_that_cannot_be_proven_are_refused_in_words(version: tuple[int, int]) -> None:
    problem = refused(archive(ENTRIES, version))
    assert problem.code == "engine.postgresql.archive_version"
    assert f"{version[0]}.{version[1]}" in problem.what
    assert "bin_dir" in problem.remedy


@pytest.mark.parametrize("version", VERSIONS)
def test_compressed_data_is_refused(version: tuple[int, int]) -> None:
    assert "compressed" in refused(archive(ENTRIES, version, compression=1)).what


@pytest.mark.parametrize("data", [b"", b"\0" * 100, b"PGDMQ" + bytes(100), b"-- PostgreSQL database dump\n"])
def test_what_is_no_archive_is_refused(data: bytes) -> None:
    assert refused(data).code == "engine.incomplete"


def test_a_number_that_is_none_is_refused() -> None:
    data = archive(ENTRIES)
    at = data.index(b"\x01\0\xb7\x0b\0\0") + 1
    assert "sign byte" in refused(data[:at] + b"\x02" + data[at + 1 :]).what


def test_an_archive_without_data_is_whole_behind_its_contents() -> None:
    data = archive(ENTRIES[:1])
    check(data)
    assert refused(data[:-1]).code == "engine.incomplete"
    check(archive(()))


def test_memory_stays_small_over_long_texts_rows_and_large_objects() -> None:
    many = (b"r" * (8 << 20) + b"\n",) * 4
    data = archive((Other("FUNCTION", "f", "x" * (32 << 20)), Table("t", many), Blobs(((1, (b"\0" * 16384,) * 2000),))))
    tracemalloc.start()
    check(data)
    _now, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 2 << 20


def test_a_copy_made_before_the_stream_is_a_check_of_its_own() -> None:
    called: list[int] = []
    made = ArchiveCheck(lambda: called.append(1))
    for one in (copy.deepcopy(made), made):
        one.feed(archive(ENTRIES))
        one.finish()
    assert called == [1, 1]


GLOBALS = (
    b"--\n-- PostgreSQL database cluster dump\n--\n\nCREATE ROLE a;\n\n"
    b"--\n-- PostgreSQL database cluster dump complete\n--\n\n"
)


def globals_check(data: bytes, size: int) -> None:
    made = GlobalsCheck()
    for start in range(0, len(data), size):
        made.feed(data[start : start + size])
    made.finish()


@pytest.mark.parametrize("size", [1, 7, 4096])
def test_globals_end_with_their_closing_words(size: int) -> None:
    globals_check(GLOBALS, size)
    for cut in range(len(GLOBALS)):
        with pytest.raises(EngineError):
            globals_check(GLOBALS[:cut], size)
    for wrong in (GLOBALS + b"\n", b"\n" + GLOBALS, GLOBALS[1:]):
        with pytest.raises(EngineError):
            globals_check(wrong, size)
