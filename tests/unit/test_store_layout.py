# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""How a set comes to lie in a store: prepared, published by one rename, or given up."""

from __future__ import annotations

import os
import pathlib
import stat

import pytest

from ansible_collections.nusantara.backup.plugins.module_utils._base._errors import PipelineError
from ansible_collections.nusantara.backup.plugins.module_utils._sets import _store

NAME = "2026112024F1D-SIMPEG"


def begun(root: pathlib.Path) -> pathlib.Path:
    staging = pathlib.Path(_store.begin(str(root), "SIMPEG", NAME))
    (staging / "artifact").write_bytes(b"x")
    return staging


def test_a_set_grows_beside_its_final_place_where_only_its_owner_looks(tmp_path: pathlib.Path) -> None:
    staging = begun(tmp_path / "store")
    assert staging == tmp_path / "store" / "SIMPEG" / f"{NAME}.part"
    assert stat.S_IMODE(staging.stat().st_mode) == 0o700
    assert _store.commit(str(staging)) == str(tmp_path / "store" / "SIMPEG" / NAME)
    assert os.listdir(tmp_path / "store" / "SIMPEG") == [NAME]


@pytest.mark.parametrize("there", ["directory", "file", "dangling link"])
def test_what_lies_at_the_final_place_is_never_replaced(tmp_path: pathlib.Path, there: str) -> None:
    staging = begun(tmp_path / "store")
    final = staging.with_name(NAME)
    if there == "directory":
        final.mkdir()
    elif there == "file":
        final.write_bytes(b"old")
    else:
        final.symlink_to(tmp_path / "nowhere")
    for act in (lambda: _store.commit(str(staging)), lambda: begun(tmp_path / "store")):
        with pytest.raises(PipelineError) as caught:
            act()
        assert caught.value.code == "disk.exists"
        assert caught.value.what.endswith(": File exists")
    with pytest.raises(PipelineError, match=f"Cannot publish the set {final}: "):
        _store.commit(str(staging))
    with pytest.raises(PipelineError, match=f"Cannot prepare {staging}: "):
        begun(tmp_path / "store")
    assert (staging / "artifact").read_bytes() == b"x"


def test_the_names_reach_the_disk_around_the_rename(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Files first, then the name of the set: a power cut leaves the whole set or none."""
    seen: list[str] = []
    real_sync, real_rename = os.fsync, os.rename

    def sync(descriptor: int) -> None:
        seen.append(os.path.basename(os.readlink(f"/proc/self/fd/{descriptor}")))
        real_sync(descriptor)

    def rename(old: str, new: str) -> None:
        seen.append(f"rename {os.path.basename(new)}")
        real_rename(old, new)

    monkeypatch.setattr(os, "fsync", sync)
    monkeypatch.setattr(os, "rename", rename)
    staging = begun(tmp_path / "store")
    assert seen[-1] == "SIMPEG", "the directory of the source knows the unfinished set"
    seen.clear()
    _store.commit(str(staging))
    assert seen == [f"{NAME}.part", f"rename {NAME}", "SIMPEG"]


def test_what_cannot_be_prepared_or_published_is_told(tmp_path: pathlib.Path) -> None:
    (tmp_path / "store").write_bytes(b"")
    with pytest.raises(PipelineError, match="Cannot prepare") as caught:
        begun(tmp_path / "store")
    assert "File exists" in caught.value.what or "Not a directory" in caught.value.what
    with pytest.raises(PipelineError, match=f"Cannot publish the set {tmp_path / NAME}: No such file") as caught:
        _store.commit(str(tmp_path / f"{NAME}.part"))
    assert caught.value.code == "disk.missing"


def test_unfinished_sets_are_listed_by_name_and_nothing_else_is(tmp_path: pathlib.Path) -> None:
    source = tmp_path / "store" / "SIMPEG"
    for name in (f"{NAME}.r2.part", f"{NAME}.part", NAME, "part", "note.parts"):
        (source / name).mkdir(parents=True)
    assert list(_store.staged(str(tmp_path / "store"), "SIMPEG")) == [
        str(source / f"{NAME}.part"),
        str(source / f"{NAME}.r2.part"),
    ]
    assert list(_store.staged(str(tmp_path / "store"), "Situs")) == []


def test_a_set_that_did_not_come_to_be_is_removed_whole(tmp_path: pathlib.Path) -> None:
    staging = begun(tmp_path / "store")
    _store.abandon(str(staging))
    assert not staging.exists()
    _store.abandon(str(staging))
