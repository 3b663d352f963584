# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a store holds, by manifests and receipts alone."""

from __future__ import annotations

import hashlib
import json
import pathlib

import pytest
from tests.support.mounts import mark
from tests.support.sets import make_key, make_set, write_manifest

from ansible_collections.nusantara.backup.plugins.module_utils._base._clock import Clock
from ansible_collections.nusantara.backup.plugins.module_utils._base._model import Medium
from ansible_collections.nusantara.backup.plugins.module_utils._copies._transfer import SetRef, Transfer
from ansible_collections.nusantara.backup.plugins.module_utils._sets import _manifest
from ansible_collections.nusantara.backup.plugins.module_utils._sets._catalogue import (
    catalogue,
    unknown_paths,
)

OLD, NEW, AGAIN = "2026111924F1D-SIMPEG", "2026112024F1D-SIMPEG", "2026112024F1D-SIMPEG.r2"


@pytest.fixture
def store(tmp_path: pathlib.Path) -> pathlib.Path:
    root = tmp_path / "store"
    files = {"pgdump.zst.age": b"x" * 100, "globals.sql.zst.age": b"y" * 11}
    make_set(root, "SIMPEG", NEW, files, make_key(tmp_path))
    make_set(root, "SIMPEG", OLD, files, inventory={"exact": False, "why": "n", "totals": {"rows": 7, "bad": "x"}})
    make_set(root, "SIMPEG", AGAIN, files, inventory=None, warnings=None, engine=[], plausible=False)
    return root


def test_sets_come_newest_first_in_the_shape_of_the_facts(store: pathlib.Path, tmp_path: pathlib.Path) -> None:
    medium = Medium("internal", "disk", str(mark(tmp_path / "nas", "internal")), "B")
    (copy,) = Transfer(str(store), str(tmp_path / "state"), Clock()).copy(SetRef("SIMPEG", NEW), [medium])
    assert copy.receipt is not None
    sets = catalogue(str(store), str(tmp_path / "state"))
    assert [entry["name"] for entry in sets] == [AGAIN, NEW, OLD]
    entry = sets[1]
    assert entry["copies"] == [{"medium": "internal", "building": "B", "at": copy.receipt.at}]
    assert (entry["plain_bytes"], entry["stored_bytes"]) == (111, 111)
    assert (entry["type"], entry["frequency"], entry["night"], entry["host"]) == ("F", "daily", "2026-11-20", "db1")
    assert (entry["engine"], entry["version"], entry["encryption"]) == ("sqlite", "3.40.1", "age")
    assert entry["inventory"] == {"exact": True, "why": "", "totals": {"table": 1, "rows": 3}}
    assert [one["signed"] for one in sets] == [False, True, False]
    assert [one["copies"] for one in sets][::2] == [[], []]
    assert entry["sha256"] == entry["files"][0]["sha256"]
    assert [one["bytes"] for one in entry["files"]] == [100, 11]


def test_oddities_in_a_manifest_do_not_break_the_list(store: pathlib.Path) -> None:
    odd = catalogue(str(store))[0]
    assert (odd["engine"], odd["warnings"], odd["plausible"]) == ("", [], False)
    assert odd["inventory"] == {"exact": False, "why": "", "totals": {}}


def test_of_some_sources_only_their_manifests_are_read(store: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run of many sources asks for each one's own sets."""
    make_set(store, "Situs", "2026112024F1D-Situs", {"tar.zst.age": b"z"})
    real, read = _manifest.read_small, []
    monkeypatch.setattr(_manifest, "read_small", lambda path, limit: (read.append(path), real(path, limit))[1])
    assert [entry["name"] for entry in catalogue(str(store), sources=("Situs",))] == ["2026112024F1D-Situs"]
    assert len(read) == 1
    assert [entry["source"] for entry in catalogue(str(store), sources=("SIMPEG",))] == ["SIMPEG"] * 3


def test_a_broken_set_is_left_to_verification(store: pathlib.Path) -> None:
    (store / "SIMPEG" / NEW / f"{NEW}.manifest.json").write_bytes(b"{")
    assert [entry["name"] for entry in catalogue(str(store))] == [AGAIN, OLD]


def test_p13_6_unknown_paths_are_listed_and_unfinished_sets_are_not(store: pathlib.Path) -> None:
    (store / "SIMPEG" / "old.dump").write_bytes(b"")
    (store / "SIMPEG" / f"{NEW}.r3.part").mkdir()
    assert unknown_paths(str(store)) == [str(store / "SIMPEG" / "old.dump")]


def test_an_absent_store_is_empty(tmp_path: pathlib.Path) -> None:
    assert (catalogue(str(tmp_path / "no")), unknown_paths(str(tmp_path / "no"))) == ([], [])


def test_everything_that_is_told_of_a_set(store: pathlib.Path) -> None:
    """The shape of docs/facts.md, so that no two fields change places."""
    name = "2026112023I3AM-Situs.r4"
    plain = {"bytes": 5000, "sha256": "a" * 64}
    made = make_set(
        store,
        "Situs",
        name,
        {"db.tar.gz": b"stored"},
        engine={"name": "files", "version": "1.34"},
        protection={"compression": "gzip", "encryption": "none", "proof": "open"},
        inventory={"exact": False, "why": "it was read while in use", "totals": {"file": 3, "odd": True, "x": "1"}},
        warnings=[{"code": "files.changed"}, "odd"],
        group={"name": "web", "began": "2026-11-20T16:00:00Z", "before": "ok", "sources": ["Situs", 7]},
    )
    document = json.loads(made.manifest.read_bytes())
    document["files"][0].update(plain=plain, part="db")
    made.manifest.unlink()
    write_manifest(made, document)
    stored = hashlib.sha256(b"stored").hexdigest()
    assert catalogue(str(store), sources=("Situs",)) == [
        {
            "name": name,
            "source": "Situs",
            "type": "I",
            "frequency": "monthly",
            "night": "2026-11-20",
            "created": "2026-11-20T17:04:10Z",
            "host": "db1",
            "engine": "files",
            "version": "1.34",
            "plain_bytes": 5000,
            "stored_bytes": 6,
            "sha256": stored,
            "files": [
                {
                    "file": f"{name}.db.tar.gz",
                    "part": "db",
                    "bytes": 6,
                    "sha256": stored,
                    "plain_bytes": 5000,
                    "plain_sha256": "a" * 64,
                }
            ],
            "compression": "gzip",
            "encryption": "none",
            "proof": "open",
            "signed": False,
            "inventory": {"exact": False, "why": "it was read while in use", "totals": {"file": 3}},
            "plausible": True,
            "group": {"name": "web", "began": "2026-11-20T16:00:00Z", "before": "ok", "sources": ["Situs"]},
            "warnings": [{"code": "files.changed"}],
            "copies": [],
        }
    ]


def test_a_manifest_that_names_another_source_is_left_to_verification(store: pathlib.Path) -> None:
    make_set(store, "Situs", "2026112024F1D-Situs")
    made = make_set(store, "Keuangan", "2026112024F1D-Keuangan")
    document = {**json.loads(made.manifest.read_bytes()), "source": "Situs"}
    made.manifest.unlink()
    write_manifest(made, document)
    assert {entry["source"] for entry in catalogue(str(store))} == {"SIMPEG", "Situs"}


def test_broken_receipts_hide_no_set_and_no_other_copy(store: pathlib.Path, tmp_path: pathlib.Path) -> None:
    media = [Medium(name, "disk", str(mark(tmp_path / name, name)), "B") for name in ("nas", "usb")]
    Transfer(str(store), str(tmp_path / "state"), Clock()).copy(SetRef("SIMPEG", NEW), media)
    (tmp_path / "state" / "receipts" / "nas" / f"{NEW}.json").write_bytes(b"{")
    sets = catalogue(str(store), str(tmp_path / "state"))
    assert [[copy["medium"] for copy in entry["copies"]] for entry in sets] == [[], ["usb"], []]
    (tmp_path / "state" / "receipts" / "nas" / f"{NEW}.json").unlink()
    assert [copy["medium"] for copy in catalogue(str(store), str(tmp_path / "state"))[1]["copies"]] == ["usb"]
