# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Copies that cannot come to be: told for their medium, and the other media get theirs."""

from __future__ import annotations

import errno
import os
import pathlib
import typing as t

import pytest
from tests.support.mounts import mark
from tests.support.sets import MadeSet, make_set

from ansible_collections.nusantara.backup.plugins.module_utils._base import _held
from ansible_collections.nusantara.backup.plugins.module_utils._base._clock import Clock
from ansible_collections.nusantara.backup.plugins.module_utils._base._errors import BackupError, ToolError
from ansible_collections.nusantara.backup.plugins.module_utils._base._model import Medium
from ansible_collections.nusantara.backup.plugins.module_utils._base._stop import StoppedError
from ansible_collections.nusantara.backup.plugins.module_utils._copies import _destination
from ansible_collections.nusantara.backup.plugins.module_utils._copies._transfer import Copy, SetRef, Transfer
from ansible_collections.nusantara.backup.plugins.module_utils._sets._receipts import VERIFIED

NAME = "2026112024F1D-SIMPEG"
REF = SetRef("SIMPEG", NAME)


@pytest.fixture
def made(tmp_path: pathlib.Path) -> MadeSet:
    return make_set(tmp_path / "store", "SIMPEG", NAME, {"a.zst": b"x" * 3_000_000, "b.zst": b"y" * 3_000_000})


def media(made: MadeSet) -> list[Medium]:
    place = made.root.parent
    names = ("nas", "usb")
    return [
        Medium(name, "disk", str(place / name if (place / name).exists() else mark(place / name, name)), "B")
        for name in names
    ]


def transfer(made: MadeSet, **more: t.Any) -> Transfer:
    return Transfer(str(made.root), str(made.root.parent / "state"), Clock(), **more)


def copied(made: MadeSet, **more: t.Any) -> list[Copy]:
    return transfer(made, **more).copy(REF, media(made))


def codes(copies: t.Sequence[Copy]) -> list[str]:
    return [copy.error.code if copy.error else "" for copy in copies]


def published(made: MadeSet) -> list[str]:
    place = made.root.parent
    return sorted(str(path.relative_to(place)) for name in ("nas", "usb") for path in (place / name).glob("*/*"))


def test_a_medium_for_which_no_thread_can_be_had_does_not_keep_the_others(
    made: MadeSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = _destination.begin

    def begin(worker: t.Any) -> None:
        if worker.medium.name == "nas":
            raise ToolError("No further thread could be started", code="tool.start")
        real(worker)

    monkeypatch.setattr(_destination, "begin", begin)
    assert codes(copied(made)) == ["tool.start", ""]
    assert published(made) == [f"usb/SIMPEG/{NAME}"]


def test_a_copy_that_ends_without_a_result_is_a_fault_of_ours_and_told(
    made: MadeSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_destination.Destination, "_take_in", lambda _self: None)
    copies = copied(made)
    assert codes(copies) == ["medium.internal"] * 2
    assert copies[0].error is not None
    assert copies[0].error.what == "The copy to the medium 'nas' ended without a result"


def test_a_run_that_is_told_to_stop_in_the_middle_of_a_copy_publishes_nothing(made: MadeSet) -> None:
    def moved(_count: int) -> None:
        raise StoppedError("SIGTERM")

    with pytest.raises(StoppedError):
        copied(made, moved=moved)
    assert published(made) == []
    assert codes(copied(made)) == ["", ""]


def test_a_set_that_lies_with_another_source_is_not_copied(made: MadeSet) -> None:
    other = made.root / "Situs"
    other.mkdir()
    made.directory.rename(other / NAME)
    with pytest.raises(BackupError) as caught:
        transfer(made).parcel(SetRef("Situs", NAME))
    assert caught.value.code == "manifest.source"
    assert caught.value.what == f"The set {other / NAME} says that it is of the source 'SIMPEG'"


def test_a_copy_without_its_receipt_does_not_count(made: MadeSet) -> None:
    (made.root.parent / "state").write_bytes(b"")
    copies = copied(made)
    assert [copy.receipt for copy in copies] == [None, None]
    assert all(code.startswith("disk") for code in codes(copies))


@pytest.mark.parametrize("how", ["directory", "link"])
def test_a_signature_that_is_no_file_is_told(made: MadeSet, how: str) -> None:
    if how == "directory":
        made.signature.mkdir()
    else:
        made.signature.symlink_to(made.manifest)
    assert codes(copied(made)) == ["manifest.unreadable"] * 2
    with pytest.raises(BackupError) as caught:
        transfer(made).parcel(REF)
    assert caught.value.what.startswith(f"The signature {made.signature} cannot be read: ")


def test_a_medium_that_goes_away_between_the_look_and_the_copy_is_told(
    made: MadeSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = _held.opened_root

    def opened_root(path: str) -> t.Any:
        if path.endswith("nas"):
            raise OSError(errno.EIO, "Input/output error", path)
        return real(path)

    monkeypatch.setattr(_held, "opened_root", opened_root)
    copies = copied(made)
    assert copies[0].error is not None
    assert "'nas' cannot be opened:" in copies[0].error.what
    assert codes(copies)[1] == ""


def test_a_medium_that_goes_away_while_it_is_written_is_told(made: MadeSet) -> None:
    place = made.root.parent

    def moved(_count: int) -> None:
        if (place / "nas").exists():
            (place / "nas").rename(place / "away")

    copies = copied(made, moved=moved)
    assert codes(copies) == ["medium.vanished", ""]
    assert not [path for path in (place / "away").glob("*/*") if not path.name.endswith(".part")]


def test_the_unfinished_directory_of_somebody_else_is_left_alone(made: MadeSet) -> None:
    shelf = made.root.parent / "nas" / "SIMPEG"
    media(made)
    for name in ("yesterday.part", "2026112024F1D-Situs.part", "2026111924F1D-SIMPEG.part"):
        (shelf / name).mkdir(parents=True)
    assert codes(copied(made)) == ["", ""]
    assert sorted(os.listdir(shelf)) == ["2026112024F1D-SIMPEG", "2026112024F1D-Situs.part", "yesterday.part"]


def test_a_name_that_differs_in_case_only_is_refused(made: MadeSet) -> None:
    media(made)
    (made.root.parent / "nas" / "Simpeg").mkdir()
    copies = copied(made)
    assert codes(copies) == ["medium.case", ""]
    assert copies[0].error is not None
    assert "holds Simpeg, which differs from SIMPEG only in case" in copies[0].error.what


def test_files_of_a_set_that_changed_since_its_manifest_are_copied_nowhere(made: MadeSet) -> None:
    with open(made.artifact(), "ab") as stream:
        stream.write(b"more")
    copies = copied(made)
    assert len(set(codes(copies))) == 1 and codes(copies)[0]
    assert published(made) == []
    assert all(copy.receipt is None for copy in copies)


def test_a_sound_set_reaches_both_and_each_has_its_receipt(made: MadeSet) -> None:
    copies = copied(made)
    assert [copy.receipt.outcome if copy.receipt else "" for copy in copies] == [VERIFIED, VERIFIED]
    assert published(made) == [f"nas/SIMPEG/{NAME}", f"usb/SIMPEG/{NAME}"]
