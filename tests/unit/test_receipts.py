# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Receipts are written once, whole, and read with suspicion."""

from __future__ import annotations

import dataclasses
import json
import pathlib

import pytest

from ansible_collections.nusantara.backup.plugins.module_utils._base._errors import ManifestError
from ansible_collections.nusantara.backup.plugins.module_utils._base._io import Digest
from ansible_collections.nusantara.backup.plugins.module_utils._sets._receipts import (
    UNCHANGED,
    VERIFIED,
    Receipt,
    Receipts,
    is_medium_name,
)

NAME = "2026112024F1D-SIMPEG"
RECEIPT = Receipt(
    name=NAME,
    source="SIMPEG",
    medium="internal",
    kind="disk",
    building="A",
    path="/mnt/nas/SIMPEG/" + NAME,
    at="2026-11-20T17:05:00Z",
    seconds=20.5,
    files=((f"{NAME}.pgdump.zst.age", Digest(317, "a" * 64)),),
    manifest_sha256="b" * 64,
    outcome=VERIFIED,
    dropped=True,
)


@pytest.fixture
def receipts(tmp_path: pathlib.Path) -> Receipts:
    return Receipts(str(tmp_path))


def test_a_receipt_comes_back_as_it_was_written(receipts: Receipts) -> None:
    path = pathlib.Path(receipts.write(RECEIPT))
    assert path.name == f"{NAME}.json"
    assert path.stat().st_mode & 0o777 == 0o600
    assert receipts.of("internal", NAME) == [RECEIPT]
    assert receipts.newest(NAME) == [RECEIPT]
    assert receipts.names("internal") == {NAME}
    assert [entry.name for entry in path.parent.iterdir()] == [path.name]


def test_the_first_receipt_stays_and_the_next_copy_gets_its_own(receipts: Receipts) -> None:
    first = pathlib.Path(receipts.write(RECEIPT))
    before = first.read_bytes()
    later = dataclasses.replace(RECEIPT, at="2026-12-01T00:00:00Z")
    second = pathlib.Path(receipts.write(later))
    assert second.name == f"{NAME}~2.json"
    assert first.read_bytes() == before
    assert receipts.of("internal", NAME) == [RECEIPT, later]
    assert receipts.newest(NAME) == [later]
    assert receipts.names("internal") == {NAME}


def test_unchanged_adds_nothing_to_what_is_known(receipts: Receipts) -> None:
    unchanged = dataclasses.replace(RECEIPT, outcome=UNCHANGED)
    receipts.write(unchanged)
    receipts.write(dataclasses.replace(unchanged, at="2026-12-01T00:00:00Z"))
    assert receipts.of("internal", NAME) == [unchanged]


@pytest.mark.parametrize(
    "change",
    [
        {"name": "other"},
        {"schema": "x"},
        {"manifest_sha256": "b" * 63},
        {"outcome": "fine"},
        {"dropped": "yes"},
        {"files": [{"file": "x", "bytes": -1, "sha256": "a" * 64}]},
        {"at": None},
        {"path": "\x1b[31m"},
    ],
)
def test_a_broken_receipt_is_refused_in_words(receipts: Receipts, change: dict[str, object]) -> None:
    path = pathlib.Path(receipts.write(RECEIPT))
    path.write_text(json.dumps({**RECEIPT.as_dict(), **change}), encoding="utf-8")
    with pytest.raises(ManifestError, match="is not valid") as caught:
        receipts.newest(NAME)
    assert caught.value.code == "receipt.invalid"


def test_a_link_in_place_of_a_receipt_is_not_followed(receipts: Receipts, tmp_path: pathlib.Path) -> None:
    path = pathlib.Path(receipts.write(RECEIPT))
    path.rename(tmp_path / "elsewhere")
    path.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(ManifestError):
        receipts.of("internal", NAME)


@pytest.mark.parametrize("name", ["../x", "a/b", "", ".", "..", "-x", "a\n", "a" * 65, "a ", ".a", "a."])
def test_hostile_names_of_media_are_refused(receipts: Receipts, name: str) -> None:
    assert not is_medium_name(name)
    with pytest.raises(ManifestError, match="not a name of a medium"):
        receipts.write(dataclasses.replace(RECEIPT, medium=name))


def test_without_a_state_nothing_is_known(receipts: Receipts) -> None:
    assert (receipts.media(), receipts.newest(NAME), receipts.names("internal")) == ([], [], set())


@pytest.mark.parametrize("name", ["a/b", ""])
def test_what_is_no_name_of_a_set_leads_to_no_receipt(receipts: Receipts, name: str) -> None:
    with pytest.raises(OSError, match="is not the name of a set"):
        receipts.of("internal", name)
