# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A disk medium is looked at before anything is written, and says in words what is wrong."""

from __future__ import annotations

import os
import pathlib

import pytest
from tests.support.mounts import mark, mounted

from ansible_collections.nusantara.backup.plugins.module_utils._base._findings import ERROR, Finding
from ansible_collections.nusantara.backup.plugins.module_utils._base._model import Medium
from ansible_collections.nusantara.backup.plugins.module_utils._media._disk_check import check_disk
from ansible_collections.nusantara.backup.plugins.module_utils._sets._store import MARKER


def look(path: object, store: object = "", needed: int = 0) -> list[Finding]:
    return check_disk(Medium("internal", "disk", str(path), "A"), str(store), needed)


def codes(found: list[Finding]) -> list[str]:
    return [finding.code for finding in found]


def test_a_marked_directory_passes_and_is_told_to_share_a_disk(tmp_path: pathlib.Path) -> None:
    store = tmp_path / "store"
    store.mkdir()
    found = look(mark(tmp_path / "medium", "internal"), store)
    assert [(finding.code, finding.level) for finding in found] == [("medium.same_disk", "warning")]
    assert look(tmp_path / "medium") == []


def test_a_mount_passes_without_a_marker(tmp_path: pathlib.Path) -> None:
    (tmp_path / "store").mkdir()
    with mounted(tmp_path / "nas", "size=1m") as point:
        assert look(point, tmp_path / "store", 1000) == []
        assert codes(look(point, tmp_path / "store", 2 << 20)) == ["medium.full"]


def test_a_link_to_a_mount_is_the_mount(tmp_path: pathlib.Path) -> None:
    with mounted(tmp_path / "nas", "size=1m") as point:
        (tmp_path / "link").symlink_to(point)
        assert look(tmp_path / "link") == []


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b'{"name": "internal"}', ""),
        (b'{"name": "internal", "note": "blue box"}', ""),
        (b'{"name": "Internal"}', "medium.other"),
        (b'{"name": "gedung-b"}', "medium.other"),
        (b'{"name": "\\u001b[31m"}', "medium.other"),
        (b"", "medium.marker"),
        (b"internal", "medium.marker"),
        (b"[]", "medium.marker"),
        (b'{"name": 7}', "medium.marker"),
        (b"\xff", "medium.marker"),
        (b"[" * 4000, "medium.marker"),
        (b" " * 5000, "medium.marker"),
    ],
)
def test_the_marker_must_name_this_medium(tmp_path: pathlib.Path, content: bytes, code: str) -> None:
    (tmp_path / MARKER).write_bytes(content)
    found = look(tmp_path)
    assert codes(found) == ([code] if code else [])
    assert all(finding.message.isprintable() and finding.remedy and finding.level == ERROR for finding in found)


def test_a_marker_that_is_a_link_is_refused(tmp_path: pathlib.Path) -> None:
    mark(tmp_path / "medium", "internal")
    (tmp_path / "medium" / MARKER).rename(tmp_path / "elsewhere")
    (tmp_path / "medium" / MARKER).symlink_to(tmp_path / "elsewhere")
    assert codes(look(tmp_path / "medium")) == ["medium.marker"]


def test_a_wrong_marker_on_a_mount_is_refused(tmp_path: pathlib.Path) -> None:
    with mounted(tmp_path / "nas", "size=1m") as point:
        assert codes(look(mark(point, "gedung-b"))) == ["medium.other"]


@pytest.mark.parametrize(("medium", "store"), [("x", "x"), ("x", "x/store"), ("x/medium", "x"), ("y/../x", "x/store")])
def test_a_medium_in_the_store_or_around_it_is_refused(tmp_path: pathlib.Path, medium: str, store: str) -> None:
    (tmp_path / "x").mkdir()
    (tmp_path / "y").mkdir()
    (tmp_path / medium).mkdir(exist_ok=True)
    (tmp_path / store).mkdir(parents=True, exist_ok=True)
    mark(tmp_path / medium, "internal")
    assert codes(look(tmp_path / medium, tmp_path / store)) == ["medium.overlap"]


@pytest.mark.parametrize("path", ["relative/path", ""])
def test_a_path_must_be_absolute(path: str) -> None:
    assert codes(look(path)) == ["medium.path"]


def test_what_is_no_directory_is_refused_and_nothing_is_made(tmp_path: pathlib.Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    (tmp_path / "dangling").symlink_to(tmp_path / "nowhere")
    for name in ("file", "absent", "dangling"):
        assert codes(look(tmp_path / name)) == ["medium.missing"]
    assert sorted(os.listdir(tmp_path)) == ["dangling", "file"]
