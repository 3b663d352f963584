# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Any archive passes however it is cut into chunks, and nothing shorter or longer does."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.pgdump_archive import VERSIONS, Blobs, Other, Table, archive

from ansible_collections.nusantara.backup.plugins.module_utils._base._errors import EngineError
from ansible_collections.nusantara.backup.plugins.module_utils._engines._postgresql._archive import ArchiveCheck

# Lengths whose bytes hold zeros are the ones that could be taken for the end of a block.
LENGTHS = st.sampled_from([0, 1, 2, 255, 256, 65535, 65536, 65537])
ROWS = st.one_of(
    st.binary(max_size=40).map(lambda data: data.replace(b"\0", b"\x80") + b"\n"),
    LENGTHS.map(lambda length: b"q" * length + b"\n"),
    LENGTHS.map(lambda length: b"\n" + b"q" * length),
)
TABLES = st.builds(Table, st.text(max_size=12), st.lists(ROWS, max_size=6).map(tuple))
OIDS = st.integers(-(2**31) + 1, 2**31 - 1).filter(bool)
PIECES = st.lists(st.one_of(st.binary(min_size=1, max_size=60), st.just(bytes(300))), max_size=4).map(tuple)
BLOBS = st.builds(Blobs, st.lists(st.tuples(OIDS, PIECES), max_size=4).map(tuple))
OTHERS = st.builds(Other, st.sampled_from(["TABLE", "FUNCTION"]), st.text(max_size=12), st.text(max_size=80))
ARCHIVES = st.builds(
    archive,
    st.lists(st.one_of(TABLES, BLOBS, OTHERS), max_size=6),
    st.sampled_from(VERSIONS),
    first=st.sampled_from([6, 255, 256, 65536, 1 << 24]),
)


def feed(data: bytes, cuts: list[int]) -> None:
    check = ArchiveCheck()
    edges = sorted({0, len(data), *(cut % (len(data) + 1) for cut in cuts)})
    for start, end in itertools.pairwise(edges):
        check.feed(data[start:end])
    check.finish()


@given(ARCHIVES, st.lists(st.integers(0, 1 << 20), max_size=12))
def test_whole_archive_passes(data: bytes, cuts: list[int]) -> None:
    feed(data, cuts)


@given(ARCHIVES, st.lists(st.integers(0, 1 << 20), max_size=4), st.integers(1, 1 << 20))
def test_shorter_archive_is_refused(data: bytes, cuts: list[int], less: int) -> None:
    with pytest.raises(EngineError):
        feed(data[: -(1 + less % len(data))], cuts)


@given(ARCHIVES, st.lists(st.integers(0, 1 << 20), max_size=4), st.binary(min_size=1, max_size=20))
def test_longer_archive_is_refused(data: bytes, cuts: list[int], more: bytes) -> None:
    with pytest.raises(EngineError):
        feed(data + more, cuts)
